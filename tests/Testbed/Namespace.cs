using System.Diagnostics;

namespace Axoneme.Testbed;

/// <summary>A named network namespace of the test's own; removed with it.</summary>
public sealed class Namespace : IAsyncDisposable
{
    private Namespace(string name) => Name = name;

    public string Name { get; }

    public string Path => $"/run/netns/{Name}";

    /// <summary>Makes it, with the loopback interface up.</summary>
    public static async Task<Namespace> CreateAsync(string name)
    {
        await Command.OkAsync("ip", "netns", "add", name);
        await Command.OkAsync("ip", "-n", name, "link", "set", "lo", "up");
        return new Namespace(name);
    }

    /// <summary>A name that no other run uses.</summary>
    public static string UniqueName(string role) => $"axt{Environment.ProcessId:x}{Guid.NewGuid().ToString("N")[..4]}-{role}";

    /// <summary>The arguments that make <c>nsenter</c> run a program inside.</summary>
    public static string[] Enter(string path, string program, params string[] arguments) => [$"--net={path}", "--", program, .. arguments];

    /// <summary>Runs a program inside; mounts stay those of the caller.</summary>
    public Task<CommandResult> RunAsync(string program, params string[] arguments) => Command.RunAsync("nsenter", Enter(Path, program, arguments));

    /// <summary>Starts a program inside and returns at once; the caller owns the process.</summary>
    public Process Start(string program, params string[] arguments) => Command.Start("nsenter", Enter(Path, program, arguments), redirect: true);

    /// <summary>Runs a program inside and expects success.</summary>
    public async Task<string> OkAsync(string program, params string[] arguments) => (await RunAsync(program, arguments)).OrThrow();

    /// <summary>Runs <c>ip</c> once for each line, inside.</summary>
    public async Task IpAsync(string lines)
    {
        foreach (var line in lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            await Command.OkAsync("ip", ["-n", Name, .. line.Split(' ')]);
        }
    }

    public async ValueTask DisposeAsync() => await Command.RunAsync("ip", ["netns", "del", Name]);
}
