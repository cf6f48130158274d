using Axoneme.Datapath;
using Axoneme.NodeActors.Endpoints;
using Axoneme.NodeActors.Health;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.State;
using Axoneme.Wire.Agent;
using Microsoft.AspNetCore.Http;

namespace Axoneme.NodeActors.Api;

/// <summary>The answers behind the socket's routes.</summary>
internal sealed class AgentApi(
    NodeAgentOptions options, IDatapath datapath, StateActor state, EndpointService endpoints, AgentMetrics metrics, Flows.FlowPipeline flows,
    BpfViews bpf, Network.RoutingActor routing, ServiceActor services, MapPressure pressure, Func<string?> disconnected, Func<IReadOnlyList<string>> problems, HealthService health)
{
    public BpfViews Bpf { get; } = bpf;

    public NodeViews Nodes { get; } = new(options, datapath, state, routing);

    public AgentViews Views { get; } = new(state, endpoints, bpf);

    public AgentStatus Status()
    {
        var view = state.View;
        var all = endpoints.Judged;
        return new AgentStatus(
            options.NodeName, AgentVersion.Text, Environment.OSVersion.Version.ToString(), datapath is NodeDatapath { UsesTcx: false } ? "clsact" : "tcx",
            disconnected() is null, view.State.Revision, view.AppliedRevision, all.Count,
            all.Count(endpoint => AgentViews.StateOf(endpoint, view.Endpoints.GetValueOrDefault(endpoint.Id)) == "ready"), view.State.Identities.Count,
            view.State.Policies.Count(), [.. endpoints.Pools.Select(pool => pool.View)], Maps(), flows.EventsLost, problems())
        {
            Network = Nodes.Network(),
            EndpointsAudited = all.Count(endpoints.IsAudited),
            ClusterHealth = health.Summary,
        };
    }

    /// <exception cref="NoSuchEndpointException">There is none of this id.</exception>
    public EndpointConfigView EndpointConfig(ushort id) => endpoints.Find(id) is { } endpoint
        ? new EndpointConfigView(id, endpoints.IsAudited(endpoint), options.PolicyAuditMode)
        : throw new NoSuchEndpointException(id);

    /// <summary>Changes what can be set at an endpoint; returns what holds then.</summary>
    /// <exception cref="NoSuchEndpointException">There is none of this id.</exception>
    public async Task<EndpointConfigView> ConfigureEndpointAsync(ushort id, EndpointConfigChange change, CancellationToken cancellationToken)
    {
        if (change.PolicyAuditMode is { } enabled && !await endpoints.SetAuditAsync(id, enabled, cancellationToken).ConfigureAwait(false))
        {
            throw new NoSuchEndpointException(id);
        }

        return EndpointConfig(id);
    }

    /// <summary>The last round of probes.</summary>
    public HealthReport Health() => health.Last;

    /// <summary>Asks every node now.</summary>
    public Task<HealthReport> ProbeAsync(CancellationToken cancellationToken) => health.ProbeAsync(cancellationToken);

    /// <summary>Frontends with their backends, as they are in force.</summary>
    public Task<IReadOnlyList<ServiceView>> ServicesAsync() => services.ViewAsync();

    public BpfServiceViews BpfServices { get; } = new(datapath.Services);

    public string Metrics() => metrics.Write();

    /// <summary>Flows as JSON lines until the client leaves.</summary>
    public Task MonitorAsync(HttpContext context) => flows.MonitorAsync(context);

    public IReadOnlyList<MapView> Maps() =>
        [.. pressure.Read().Select(map => new MapView(map.Name, map.Capacity, map.Entries, map.Type, Math.Round(map.Pressure, 4), map.Bytes))];
}
