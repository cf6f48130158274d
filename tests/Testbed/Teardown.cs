using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Axoneme.Datapath.Network;

namespace Axoneme.Testbed;

/// <summary>
/// Everything several nodes made, removed at once and without their help: processes, network namespaces, mounts, files. It runs on disposal,
/// when the test process is interrupted and, for one that was killed, when the next one begins.
/// </summary>
internal sealed class Teardown : IAsyncDisposable
{
    private const string OwnerFile = "owner";
    private static readonly Lock Gate = new();
    private static readonly List<Teardown> Active = [];
    private static readonly List<IDisposable> Signals = [];
    private readonly string _prefix;
    private readonly Lock _running = new();
    private bool _done;

    private Teardown(string prefix) => _prefix = prefix;

    /// <summary>A directory for what is made; its whole content goes.</summary>
    public string Root => Path.Combine(Path.GetTempPath(), _prefix);

    public static Teardown Begin()
    {
        var teardown = new Teardown(Namespace.UniqueName("c")[..^2]);
        lock (Gate)
        {
            if (Signals.Count == 0)
            {
                Signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => RunAll()));
                Signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => RunAll()));
                AppDomain.CurrentDomain.ProcessExit += (_, _) => RunAll();
                RemoveLeftovers();
            }

            Active.Add(teardown);
        }

        Directory.CreateDirectory(teardown.Root);
        File.WriteAllText(Path.Combine(teardown.Root, OwnerFile), Product.Root);
        return teardown;
    }

    /// <summary>Makes a network namespace that goes with the rest.</summary>
    public Task<Namespace> CreateNamespaceAsync(string role) => Namespace.CreateAsync($"{_prefix}-{role}");

    public async ValueTask DisposeAsync()
    {
        await Task.Run(Run);
        lock (Gate)
        {
            Active.Remove(this);
        }
    }

    private static void RunAll()
    {
        Teardown[] all;
        lock (Gate)
        {
            all = [.. Active];
        }

        Array.ForEach(all, teardown => teardown.Run());
    }

    /// <summary>Those of a test process of this checkout that is gone.</summary>
    private static void RemoveLeftovers()
    {
        foreach (var root in Directory.GetDirectories(Path.GetTempPath(), "axt*"))
        {
            var name = Path.GetFileName(root);
            var owner = Path.Combine(root, OwnerFile);
            if (File.Exists(owner) && File.ReadAllText(owner) == Product.Root
                && int.TryParse(name.AsSpan("axt".Length, name.Length - "axt0000".Length), NumberStyles.HexNumber, null, out var id) && !Directory.Exists($"/proc/{id}"))
            {
                new Teardown(name).Run();
            }
        }
    }

    private void Run()
    {
        lock (_running)
        {
            if (_done)
            {
                return;
            }

            // The servers first: a sandbox would start its pods again.
            var nodes = Directory.Exists("/run/netns") ? Directory.GetFiles("/run/netns", $"{_prefix}-*").Select(path => Path.GetFileName(path)!).ToArray() : [];
            KillIn(nodes);
            var pods = PodNamespaces().Concat(HealthNamespaces()).Where(name => File.Exists($"/run/netns/{name}")).ToArray();
            KillIn(pods);
            Execute("ip", ["-force", "-batch", "-"], string.Concat(pods.Concat(nodes).Select(name => $"netns del {name}\n")));
            Array.ForEach(nodes, AgentNode.RemoveCgroup);
            foreach (var mount in Mounts())
            {
                Execute("umount", ["-l", mount]);
            }

            if (Directory.Exists(Root))
            {
                Directory.Delete(Root, recursive: true);
            }

            _done = true;
        }
    }

    private static void KillIn(string[] namespaces)
    {
        if (namespaces.Length == 0)
        {
            return;
        }

        var inodes = Execute("stat", ["-c", "net:[%i]", .. namespaces.Select(name => $"/run/netns/{name}")]).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        for (var found = true; found;)
        {
            found = false;
            foreach (var process in Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(path[^1])))
            {
                if (NamespaceOf(process) is { } inode && inodes.Contains(inode) && int.TryParse(Path.GetFileName(process), out var id) && id != Environment.ProcessId)
                {
                    found |= Kill(id);
                }
            }
        }
    }

    private static string? NamespaceOf(string process)
    {
        try
        {
            return new FileInfo($"{process}/ns/net").LinkTarget;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>False when it was gone already.</summary>
    private static bool Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            process.WaitForExit(1000);
            return true;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The sandboxes' own records, also of pods whose program does not run.</summary>
    private IEnumerable<string> PodNamespaces()
    {
        foreach (var file in Directory.Exists(Root) ? Directory.GetFiles(Root, "sandbox.json", SearchOption.AllDirectories) : [])
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var pod in document.RootElement.EnumerateArray())
            {
                yield return pod.GetProperty("networkNamespace").GetString()!;
            }
        }
    }

    private IEnumerable<string> HealthNamespaces() =>
        Directory.Exists(Root) ? Directory.GetDirectories(Root).Select(node => NodeDevices.HealthNamespaceOf(AgentNode.BpfRootIn(node))) : [];

    private IEnumerable<string> Mounts() =>
        File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4]).Where(path => path.StartsWith(Root + "/", StringComparison.Ordinal)).Reverse().ToArray();

    /// <summary>Not asynchronous: it runs in signal handlers. What fails has failed before, or is gone; the rest is to go all the same.</summary>
    private static string Execute(string program, IEnumerable<string> arguments, string input = "")
    {
        using var process = Command.Start(program, arguments, redirect: true);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
