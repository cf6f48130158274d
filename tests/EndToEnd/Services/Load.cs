using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Axoneme.EndToEnd.Services;

/// <summary>Requests without end, by wrk, until stopped.</summary>
internal sealed partial class Load : IAsyncDisposable
{
    /// <summary>What keeps its connections keeps each for a while, as clients do: a backend that goes waits for that.</summary>
    private const string Turnover = """
        local asked = 0
        request = function()
            asked = asked + 1
            return wrk.format(nil, nil, asked % 50 == 0 and {["Connection"] = "close"} or nil)
        end
        """;

    private readonly string _name;
    private readonly Process _wrk;
    private readonly Task<string> _said;

    private Load(string name, Process wrk) => (_name, _wrk, _said) = (name, wrk, wrk.StandardOutput.ReadToEndAsync());

    /// <param name="name">For a failure.</param>
    /// <param name="start">Runs a program where it should.</param>
    /// <param name="url">What it asks.</param>
    /// <param name="keepsConnections">Whether one connection takes many requests.</param>
    /// <param name="directory">Where a file may be put.</param>
    public static async Task<Load> StartAsync(string name, Func<string, string[], Process> start, string url, bool keepsConnections, string directory)
    {
        var script = Path.Combine(directory, "turnover.lua");
        await File.WriteAllTextAsync(script, Turnover);
        string[] manner = keepsConnections ? ["-s", script] : ["-H", "Connection: close"];
        return new Load($"{name}, {(keepsConnections ? "connections kept" : "a connection each")}", start("wrk", ["-t1", "-c4", "-d1h", "--timeout", "60s", .. manner, url]));
    }

    /// <summary>Ends it; every request must have been answered.</summary>
    /// <returns>How many.</returns>
    public async Task<int> AssertNoFailureAsync()
    {
        await Command.OkAsync("kill", "-INT", $"{_wrk.Id}");
        var said = await _said;
        Assert.False(said.Contains("Socket errors", StringComparison.Ordinal) || said.Contains("Non-2xx", StringComparison.Ordinal), $"{_name}: {said}");
        var requests = Requests().Match(said);
        Assert.True(requests.Success, $"{_name}: {said}{await _wrk.StandardError.ReadToEndAsync()}");
        return int.Parse(requests.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_wrk.HasExited)
        {
            _wrk.Kill();
        }

        await _wrk.WaitForExitAsync();
        _wrk.Dispose();
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();
}
