using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath;
using Axoneme.NodeActors.Addresses;
using Axoneme.NodeActors.Cni;
using Axoneme.NodeActors.Endpoints;
using Axoneme.NodeActors.Network;
using Axoneme.NodeActors.State;
using Axoneme.Persistence;
using Axoneme.Wire.Agent;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Health;

/// <summary>
/// Whether nodes reach each other: keeps this node's responders and health endpoint, asks everybody's at intervals and on demand. Cilium:
/// cilium-health.
/// </summary>
internal sealed partial class HealthService : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly NodeAgentOptions _options;
    private readonly INodeNetwork _network;
    private readonly StateActor _state;
    private readonly Func<NodeRegistration> _own;
    private readonly Action _moved;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<HealthService> _logger;
    private readonly HealthEndpoint _endpoint;
    private readonly HttpResponder _onNode;
    private readonly HttpResponder _inEndpoint;
    private readonly HealthProber _prober;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile HealthReport _last;
    private volatile IReadOnlyList<string> _problems = [];

    /// <param name="options">Ports, intervals, and whether there is an endpoint.</param>
    /// <param name="endpoints">Makes and adopts the endpoint.</param>
    /// <param name="network">The node's.</param>
    /// <param name="state">Knows the other nodes.</param>
    /// <param name="own">What this node registers with.</param>
    /// <param name="moved">Told when the endpoint has other addresses than before: everybody has to know.</param>
    /// <param name="timeProvider">Time.</param>
    /// <param name="loggers">Where it logs.</param>
    public HealthService(
        NodeAgentOptions options, EndpointService endpoints, INodeNetwork network, StateActor state, Func<NodeRegistration> own, Action moved, TimeProvider timeProvider,
        ILoggerFactory loggers)
    {
        (_options, _network, _state, _own, _moved, _timeProvider) = (options, network, state, own, moved, timeProvider);
        _logger = loggers.CreateLogger<HealthService>();
        _endpoint = new HealthEndpoint(options.BpfRoot, endpoints);
        (_onNode, _inEndpoint) = (new HttpResponder(HelloProbe.Answer, _logger), new HttpResponder(HelloProbe.Answer, _logger));
        _prober = new HealthProber(options.ClusterHealthPort, Patience, network.Inside, timeProvider);
        _last = new HealthReport(options.NodeName, null, options.HealthProbeInterval.TotalSeconds, [], []);
    }

    /// <summary>Addresses of this node's health endpoint; empty while there is none.</summary>
    public IReadOnlyList<IPAddress> Addresses => _options.EndpointHealthChecking ? _endpoint.Addresses : [];

    /// <summary>The last round.</summary>
    public HealthReport Last => _last with { Problems = _problems };

    /// <summary>What keeps others from reaching this node's responders.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The last round in one line; null when health checking is off.</summary>
    public ClusterHealthView? Summary => _options.EndpointHealthChecking && _last is var last
        ? new ClusterHealthView(last.Nodes.Count(IsReachable), last.Nodes.Count, last.ProbedAt)
        : null;

    /// <summary>Whether every address of a node was reached in both ways.</summary>
    public static bool IsReachable(NodeHealth node) => AreReachable(node.Host) && AreReachable(node.Endpoint);

    /// <summary>The same of some paths.</summary>
    public static bool AreReachable(IEnumerable<PathHealth> paths) => paths.All(path => path.Icmp.Failure is null && path.Http.Failure is null);

    /// <summary>
    /// Makes what is missing of endpoint and responders, or takes them away when health checking is off. What cannot be made shows in
    /// <see cref="Problems"/> and is tried again with the next call.
    /// </summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (!_options.EndpointHealthChecking)
        {
            await _endpoint.RemoveAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        var before = _endpoint.Addresses;
        var problems = new List<string>();
        try
        {
            await _endpoint.EnsureAsync(cancellationToken).ConfigureAwait(false);
            problems.AddRange(_inEndpoint.Listen([At(IPAddress.Any), .. _endpoint.Addresses.Any(IsIPv6) ? [At(IPAddress.IPv6Any)] : Array.Empty<IPEndPoint>()], _endpoint.Inside).Select(Problem));
        }
        catch (Exception exception) when (exception is KernelException or CniException or NodeAgentException or JournalUnavailableException or IOException)
        {
            problems.Add($"health endpoint: {exception.Message}");
            Log.NotMade(_logger, exception);
        }

        problems.AddRange(_onNode.Listen([.. _network.LocalAddresses().Select(At)], _network.Inside).Select(Problem));
        _problems = problems;
        if (!before.SequenceEqual(_endpoint.Addresses))
        {
            _moved();
        }
    }

    /// <summary>What is due every few seconds: <see cref="EnsureAsync"/>, and the first round as soon as the nodes are known.</summary>
    public async Task TendAsync(CancellationToken cancellationToken)
    {
        await EnsureAsync(cancellationToken).ConfigureAwait(false);
        if (_last.ProbedAt is null && _state.View.State.IsComplete)
        {
            await ProbeAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks everybody and returns what came out; who asks at the same time waits for a round of his own.</summary>
    public async Task<HealthReport> ProbeAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var begun = _timeProvider.GetUtcNow();
            var found = await _prober.ProbeAsync(Nodes(), cancellationToken).ConfigureAwait(false);
            IReadOnlyList<NodeHealth> nodes = [.. found.OrderBy(node => node.Name != _options.NodeName).ThenBy(node => node.Name, StringComparer.Ordinal)];
            _last = _last with { ProbedAt = begun, Nodes = nodes };
            return Last;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Removes the endpoint with its namespace.</summary>
    public Task RemoveAsync(CancellationToken cancellationToken) => _endpoint.RemoveAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _onNode.DisposeAsync().ConfigureAwait(false);
        await _inEndpoint.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsIPv6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;

    private static string Problem((IPEndPoint Place, string Reason) failure) => $"health responder: listening on {failure.Place}: {failure.Reason}";

    private IPEndPoint At(IPAddress address) => new(address, _options.ClusterHealthPort);

    /// <summary>Every node of the cluster; of itself the node knows better than the control plane.</summary>
    private IEnumerable<NodeRecord> Nodes()
    {
        var own = _own();
        var others = _state.View.State.Records.Values.Where(record => record.Kind == RecordKind.Node && record.Key != own.Name).Select(record => record.Node);
        return others.Prepend(new NodeRecord
        {
            Name = own.Name, Addresses = { own.Addresses }, PodCidrs = { own.PodCidrs }, NodeIpv4 = own.NodeIpv4, NodeIpv6 = own.NodeIpv6,
            HealthIpv4 = own.HealthIpv4, HealthIpv6 = own.HealthIpv6,
        });
    }

    private static partial class Log
    {
        [LoggerMessage(92, LogLevel.Warning, "The node's health endpoint could not be made and will be tried again", EventName = "HealthEndpointNotMade")]
        public static partial void NotMade(ILogger logger, Exception exception);
    }
}
