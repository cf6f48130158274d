using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Axoneme.NodeActors.Tests.Fakes;

/// <summary>Today's programs over maps as another version might have laid them out.</summary>
/// <param name="edits">Texts of the headers with what they were then.</param>
internal sealed class OtherLayout(params (string Now, string Then)[] edits)
{
    private readonly ConcurrentDictionary<string, byte[]> _objects = [];

    /// <summary>An object file by its name.</summary>
    public byte[] Object(string name) => _objects.GetOrAdd(name, Compile);

    private byte[] Compile(string name)
    {
        var directory = Directory.CreateTempSubdirectory("axoneme-layout-").FullName;
        try
        {
            var used = 0;
            Directory.CreateDirectory(Path.Combine(directory, "lib"));
            var sources = Path.Combine(AppContext.BaseDirectory, "bpf");
            foreach (var file in Directory.GetFiles(sources, "*", SearchOption.AllDirectories))
            {
                var text = File.ReadAllText(file);
                foreach (var (now, then) in edits.Where(edit => text.Contains(edit.Now, StringComparison.Ordinal)))
                {
                    text = text.Replace(now, then, StringComparison.Ordinal);
                    used++;
                }

                File.WriteAllText(Path.Combine(directory, Path.GetRelativePath(sources, file)), text);
            }

            Assert.True(used >= edits.Length, "the headers have changed");
            var source = Path.Combine(directory, Path.ChangeExtension(name, "c"));
            var architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";
            Run("clang", "-g", "-O2", "-target", "bpf", "-mcpu=v3", $"-I/usr/include/{architecture}-linux-gnu", "-c", source, "-o", source + ".o");
            Run("llvm-strip", "-g", source + ".o");
            return File.ReadAllBytes(source + ".o");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
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
