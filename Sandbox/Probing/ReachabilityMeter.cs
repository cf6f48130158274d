using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Axoneme.Sandbox.Probing;

/// <summary>Measures the <see cref="ReachabilityMatrix"/> again and again: every running pod, and the host, to every port of every running pod.</summary>
/// <param name="pods">The pods now.</param>
/// <param name="hostControlSocket">Takes requests for the host's row.</param>
/// <param name="timeProvider">For the pauses.</param>
/// <param name="logger">Gets sources that do not answer.</param>
public sealed partial class ReachabilityMeter(Func<IReadOnlyList<SandboxPod>> pods, string hostControlSocket, TimeProvider timeProvider, ILogger<ReachabilityMeter> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Sources measured at once; each keeps its own attempts bounded.
    private const int MaxConcurrentSources = 16;

    private volatile ReachabilityMatrix _latest = ReachabilityMatrix.Empty;

    /// <summary>How long an attempt may take; what takes longer counts as unreachable.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>The newest complete measurement.</summary>
    public ReachabilityMatrix Latest => _latest;

    /// <summary>Measures until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        do
        {
            _latest = await MeasureAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Measures once.</summary>
    public async Task<ReachabilityMatrix> MeasureAsync(CancellationToken cancellationToken)
    {
        var running = pods().Where(pod => pod is { Phase: PodPhase.Running, ControlSocket: not null }).ToList();
        var targets = running.SelectMany(pod => TargetsOf(pod).Select(target => (pod, target))).ToList();
        var sources = running.Select(pod => (Name: pod.Manifest.Key, Socket: pod.ControlSocket!)).Prepend((Name: ReachabilityMatrix.Host, Socket: hostControlSocket)).ToList();
        var rows = new ReachabilityRow[sources.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentSources, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, sources.Count), parallel, async (index, token) =>
            rows[index] = await MeasureRowAsync(sources[index].Name, sources[index].Socket, targets, token));
        return new ReachabilityMatrix(timeProvider.GetUtcNow(), [.. targets.Select(target => target.target)], rows);
    }

    private static IEnumerable<ReachabilityTarget> TargetsOf(SandboxPod pod) =>
        pod.Manifest.TcpPorts.Select(port => new ReachabilityTarget(pod.Manifest.Key, "tcp", port))
            .Concat(pod.Manifest.UdpPorts.Select(port => new ReachabilityTarget(pod.Manifest.Key, "udp", port)));

    private async Task<ReachabilityRow> MeasureRowAsync(string source, string controlSocket, List<(SandboxPod Pod, ReachabilityTarget Target)> targets, CancellationToken cancellationToken)
    {
        var attempts = new List<(string Protocol, IPAddress Address, int Port)>();
        var places = new List<int>();
        for (var column = 0; column < targets.Count; column++)
        {
            var (pod, target) = targets[column];
            foreach (var address in target.Pod == source ? [] : pod.Addresses)
            {
                attempts.Add((target.Protocol, address, target.Port));
                places.Add(column);
            }
        }

        var cells = new ReachabilityCell?[targets.Count];
        try
        {
            var outcomes = await ProbeClient.ProbeAsync(controlSocket, attempts, ProbeTimeout, cancellationToken);
            for (var i = 0; i < outcomes.Count; i++)
            {
                var cell = cells[places[i]] ?? new ReachabilityCell(null, null);
                cells[places[i]] = attempts[i].Address.AddressFamily == AddressFamily.InterNetwork ? cell with { Ipv4 = outcomes[i] } : cell with { Ipv6 = outcomes[i] };
            }

            return new ReachabilityRow(source, cells, null);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            // A pod that ends while it is asked is no news by the next round; one that stays silent shows in its row.
            Log.Silent(logger, source, failure.Message);
            return new ReachabilityRow(source, cells, failure.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Debug, "Reachability from {Source} was not measured: {Reason}")]
        public static partial void Silent(ILogger logger, string source, string reason);
    }
}
