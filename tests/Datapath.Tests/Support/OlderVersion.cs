using System.Collections.Concurrent;
using System.Diagnostics;
using Axoneme.Datapath.Attachment;
using Axoneme.Datapath.Loading;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Tests.Support;

/// <summary>
/// An earlier version of the datapath on a node: today's maps with some lines of <c>layout.h</c> and <c>maps.h</c> as they might have been, and programs that
/// let a packet pass where its interface has an entry in map <c>endpoints</c>.
/// </summary>
internal sealed class OlderVersion : IDisposable
{
    private static readonly ConcurrentDictionary<string, byte[]> _objects = new();
    private readonly PinDirectory _pins;
    private readonly MapUpgrade _maps;
    private readonly List<LoadedObject> _loaded = [];

    private OlderVersion(PinDirectory pins, MapUpgrade maps) => (_pins, _maps) = (pins, maps);

    /// <summary>Installs it and leaves what an agent leaves behind that was killed.</summary>
    /// <param name="node">The node.</param>
    /// <param name="ifindex">An interface to attach to, 0 for none.</param>
    /// <param name="edits">Texts of the headers with what they were then.</param>
    public static OlderVersion Install(TestNode node, uint ifindex, params (string Now, string Then)[] edits)
    {
        var pins = PinDirectory.Open(node.Options.BpfRoot);
        var version = new OlderVersion(pins, new MapUpgrade(pins, _ => { }));
        foreach (var role in Enum.GetValues<InterfaceRole>())
        {
            version._loaded.Add(DatapathLoader.Load(InterfacePrograms.ObjectNameOf(role), Object(role, edits), InterfacePrograms.FromNameOf(role), node.Options with { Config = null }, version._maps));
        }

        version._maps.Finish();
        foreach (var (name, program) in version._loaded.SelectMany(loaded => loaded.Programs))
        {
            PinDirectory.PinReplacing(program, pins.Program(name));
        }

        if (ifindex != 0)
        {
            var pod = version._loaded[0];
            node.Namespace.Run(() => new TcxAttachment(new InterfacePrograms(InterfaceRole.Pod, pod.Program("from_pod"), pod.Program("to_pod")), pins).Attach(ifindex));
        }

        return version;
    }

    /// <summary>Writes an entry as that version has it.</summary>
    public void Put(string map, byte[] key, byte[] value)
    {
        var info = BpfObjectCalls.Info<BpfMapInfo>(_maps.Existing(map)!, map);
        Assert.Equal((info.KeySize, info.ValueSize), ((uint)key.Length, (uint)value.Length));
        var result = BpfMapCalls.Update(_maps.Existing(map)!, key, value);
        Assert.True(result == 0, $"map {map}: {result}");
    }

    public void Dispose()
    {
        _loaded.ForEach(loaded => loaded.Dispose());
        _maps.Dispose();
        _pins.Dispose();
    }

    /// <summary>An object file by its name: of a role one that lets packets pass, else today's.</summary>
    public static byte[] ObjectNamed(string name)
    {
        var role = Array.FindIndex(Enum.GetValues<InterfaceRole>(), role => InterfacePrograms.ObjectNameOf(role) == name);
        return role < 0 ? NodeDatapath.EmbeddedObject(name) : Object(Enum.GetValues<InterfaceRole>()[role]);
    }

    /// <summary>The object of a role, compiled from the headers with <paramref name="edits"/>.</summary>
    public static byte[] Object(InterfaceRole role, params (string Now, string Then)[] edits)
    {
        var (from, to) = (InterfacePrograms.FromNameOf(role), InterfacePrograms.ToNameOf(role));
        return _objects.GetOrAdd($"{from} {string.Join('|', edits)}", _ => Compile(from, to, edits));
    }

    private static byte[] Compile(string from, string to, (string Now, string Then)[] edits)
    {
        var directory = Directory.CreateTempSubdirectory("axoneme-older-");
        try
        {
            var used = 0;
            foreach (var header in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "bpf", "lib"), "*.h"))
            {
                var text = File.ReadAllText(header);
                foreach (var (now, then) in edits.Where(edit => text.Contains(edit.Now, StringComparison.Ordinal)))
                {
                    text = text.Replace(now, then, StringComparison.Ordinal);
                    used++;
                }

                File.WriteAllText(Path.Combine(directory.FullName, Path.GetFileName(header)), text);
            }

            Assert.True(used >= edits.Length, $"the headers have changed: not all of {string.Join(", ", edits.Select(edit => $"\"{edit.Now}\""))} are in them");
            var source = Path.Combine(directory.FullName, "older.bpf.c");
            File.WriteAllText(source, $$"""
                #include <linux/bpf.h>
                #include "maps.h"
                static __always_inline int known(struct __sk_buff *skb)
                {
                	__u32 ifindex = skb->ifindex;
                	return bpf_map_lookup_elem(&endpoints, &ifindex) ? 0 : 2;
                }
                struct event last_event; /* so that the type is described */
                SEC("tc") int {{from}}(struct __sk_buff *skb) { return known(skb); }
                SEC("tc") int {{to}}(struct __sk_buff *skb) { last_event.length = skb->len; return known(skb); }
                char LICENSE[] SEC("license") = "Dual BSD/GPL";
                """);
            Run("clang", "-g", "-O2", "-target", "bpf", "-mcpu=v3", $"-I/usr/include/{(System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu",
                "-c", source, "-o", source + ".o");
            Run("llvm-strip", "-g", source + ".o");
            return File.ReadAllBytes(source + ".o");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {errors}");
    }
}
