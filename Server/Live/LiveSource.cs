using System.Net.Sockets;
using System.Text.Json;
using Axoneme.ControlPlane;
using Axoneme.Sandbox;
using Axoneme.Sandbox.Probing;
using Axoneme.Server.Node;
using Axoneme.Wire.Agent;

namespace Axoneme.Server.Live;

/// <summary>Gathers what the view shows from the rooms.</summary>
internal sealed class LiveSource(
    NodeSettings node, ControlPlaneHost controlPlane, PodSandbox sandbox, ReachabilityMeter meter, DropWatch drops, AgentHttp agent, TimeProvider time)
{
    private static readonly TimeSpan AgentTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Reads everything once; an agent that does not answer is shown, not thrown.</summary>
    public async Task<LiveSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        AgentStatus? status = null;
        IReadOnlyList<EndpointView> endpoints = [];
        IReadOnlyList<PolicyView> policies = [];
        IReadOnlyList<ServiceView> services = [];
        var errors = new List<string>();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(AgentTimeout);
        try
        {
            status = await agent.GetAsync(AgentRoutes.Status, AgentJson.Default.AgentStatus, deadline.Token);
            endpoints = await agent.GetAsync(AgentRoutes.Endpoints, AgentJson.Default.IReadOnlyListEndpointView, deadline.Token);
            policies = await agent.GetAsync(AgentRoutes.Policies, AgentJson.Default.IReadOnlyListPolicyView, deadline.Token);
            services = await agent.GetAsync(AgentRoutes.Services, AgentJson.Default.IReadOnlyListServiceView, deadline.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            errors.Add($"agent: {failure.Message}");
        }

        errors.AddRange(controlPlane.Manifests.Errors.Select(error => error.ToString()));
        errors.AddRange(status?.Problems ?? []);
        var warnings = controlPlane.Manifests.Warnings.Select(warning => warning.ToString());
        var views = ByContainer(endpoints);
        return new LiveSnapshot(
            node.Agent.NodeName, status, [.. sandbox.Pods.Select(pod => Pod(pod, views.GetValueOrDefault(pod.ContainerId)))],
            [.. policies.OrderBy(policy => policy.Namespace, StringComparer.Ordinal).ThenBy(policy => policy.Name, StringComparer.Ordinal)],
            services, meter.Latest, drops.Recent, [.. errors.Distinct()], [.. warnings], node.RemoveOnExit ? "Ctrl-C removes everything" : "Ctrl-C stops; pods and verdicts stay");
    }

    /// <summary>Waits for the next time to look.</summary>
    public Task PauseAsync(TimeSpan interval, CancellationToken cancellationToken) => Task.Delay(interval, time, cancellationToken);

    /// <summary>One endpoint per container: a runtime may give a container several interfaces, and the first stands for it.</summary>
    internal static Dictionary<string, EndpointView> ByContainer(IEnumerable<EndpointView> endpoints) =>
        endpoints.GroupBy(endpoint => endpoint.ContainerId).ToDictionary(group => group.Key, group => group.First());

    private static LivePod Pod(SandboxPod pod, EndpointView? endpoint) => new(
        pod.Manifest.Key,
        pod.Addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)?.ToString() ?? "",
        pod.Addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetworkV6)?.ToString() ?? "",
        endpoint?.Identity,
        (endpoint?.IngressEnforced, endpoint?.EgressEnforced) switch
        {
            (true, true) => "in+out",
            (true, _) => "in",
            (_, true) => "out",
            (false, false) => "none",
            _ => "",
        },
        pod.Phase != PodPhase.Running || endpoint is null ? pod.Phase.ToString().ToLowerInvariant() : endpoint.State,
        pod.Problem ?? endpoint?.Problem);
}
