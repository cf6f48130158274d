using Axoneme.Sandbox.Probing;

namespace Axoneme.Server.Live;

/// <summary>Without a terminal: lines when something changes, nothing otherwise.</summary>
internal sealed class PlainView(LiveSource source, TextWriter output)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private IReadOnlyList<string> _pods = [];
    private IReadOnlyList<string> _policies = [];
    private IReadOnlyList<string> _matrix = [];
    private IReadOnlyList<string> _errors = [];
    private IReadOnlyList<string> _warnings = [];
    private HashSet<Drop> _drops = [];

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await WriteChangesAsync(await source.ReadAsync(cancellationToken));
            await source.PauseAsync(Interval, cancellationToken);
        }
    }

    private async Task WriteChangesAsync(LiveSnapshot snapshot)
    {
        _pods = await WriteAsync("pods", _pods, [.. snapshot.Pods.Select(pod => $"{pod.Name} {pod.Ipv4} {pod.Ipv6} identity {pod.Identity} {pod.State} {pod.Problem}".TrimEnd())]);
        _policies = await WriteAsync("policies", _policies, [.. snapshot.Policies.Select(policy => $"{policy.Kind} {policy.Namespace}/{policy.Name} ({policy.Source})")]);
        _errors = await WriteAsync("errors", _errors, snapshot.Errors);
        _warnings = await WriteAsync("warnings", _warnings, snapshot.Warnings);
        _matrix = await WriteAsync("reachability", _matrix, [.. snapshot.Matrix.Rows.SelectMany(row => Row(snapshot.Matrix, row))]);
        foreach (var drop in snapshot.Drops.Select(count => count.Drop).Where(drop => !_drops.Contains(drop)))
        {
            await output.WriteLineAsync($"drop: {drop.Source} -> {drop.Destination} {drop.Port}: {drop.Words}");
        }

        _drops = [.. snapshot.Drops.Select(count => count.Drop)];
    }

    private static IEnumerable<string> Row(ReachabilityMatrix matrix, ReachabilityRow row) =>
        matrix.Targets.Zip(row.Cells).Where(pair => pair.Second is not null).Select(pair => $"{MatrixSection.Show(pair.Second).Text} {row.Source} -> {pair.First.Pod} {pair.First.Protocol}/{pair.First.Port}");

    private async Task<IReadOnlyList<string>> WriteAsync(string title, IReadOnlyList<string> before, IReadOnlyList<string> now)
    {
        foreach (var line in now.Except(before))
        {
            await output.WriteLineAsync($"{title}: {line}");
        }

        foreach (var line in before.Except(now))
        {
            await output.WriteLineAsync($"{title}: no longer {line}");
        }

        return now;
    }
}
