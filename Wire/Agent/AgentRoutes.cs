namespace Axoneme.Wire.Agent;

/// <summary>
/// The agent's HTTP/1.1 API on its Unix socket (mode 0600). Failures are <see cref="AgentError"/> with a 4xx or 5xx status, except
/// below <see cref="Cni"/>, where they are <see cref="CniError"/>.
/// </summary>
public static class AgentRoutes
{
    /// <summary>Default socket path.</summary>
    public const string DefaultSocket = "/run/axoneme/agent.sock";

    /// <summary>POST <c>{Cni}/add|del|check|gc|status</c> with a <see cref="CniCall"/>; ADD answers the CNI result, others an empty object.</summary>
    public const string Cni = "/v1/cni";
    public const string Status = "/v1/status";
    public const string Endpoints = "/v1/endpoints";
    /// <summary>
    /// <c>{Endpoints}/{id}{EndpointConfig}</c>, GET: the endpoint's <see cref="EndpointConfigView"/>. POST with an <see cref="EndpointConfigChange"/>:
    /// changes it and answers what holds then, when the kernel has it.
    /// </summary>
    public const string EndpointConfig = "/config";
    /// <summary>GET: the last <see cref="HealthReport"/>.</summary>
    public const string Health = "/v1/health";

    /// <summary>POST without a body: asks every node now and answers the <see cref="HealthReport"/>.</summary>
    public const string HealthProbe = "/v1/health/probe";
    /// <summary>GET: frontends with their backends, <see cref="ServiceView"/>.</summary>
    public const string Services = "/v1/services";
    public const string Identities = "/v1/identities";
    public const string Policies = "/v1/policies";
    public const string Nodes = "/v1/nodes";

    /// <summary>GET: the kernel's maps with size and fill, <see cref="MapView"/>.</summary>
    public const string Maps = "/v1/maps";
    public const string BpfEndpoints = "/v1/bpf/endpoint";
    public const string BpfIpcache = "/v1/bpf/ipcache";
    public const string BpfPolicy = "/v1/bpf/policy";
    public const string BpfConntrack = "/v1/bpf/ct";
    public const string BpfTunnels = "/v1/bpf/tunnel";
    public const string BpfNat = "/v1/bpf/nat";
    public const string BpfServices = "/v1/bpf/lb";
    public const string BpfFrontends = "/v1/bpf/lb/revnat";
    public const string BpfBackends = "/v1/bpf/lb/backends";
    public const string BpfMaglev = "/v1/bpf/lb/maglev";

    /// <summary>GET: flows as JSON lines until the client leaves. Query: follow, last=N, pod, namespace, verdict, type, protocol, port, ip, identity.</summary>
    public const string Monitor = "/v1/monitor";

    /// <summary>GET: Prometheus text.</summary>
    public const string Metrics = "/metrics";
}
