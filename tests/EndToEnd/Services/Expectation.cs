namespace Axoneme.EndToEnd.Services;

/// <summary>
/// Who may answer and as whom the backend sees the client, by what Kubernetes ("Virtual IPs and service proxies", "Using source IP") and Cilium ("Kubernetes without
/// kube-proxy") document. Backends are on nodes 1 and 2. Written without a look at how the product does it.
/// </summary>
internal static class Expectation
{
    /// <summary>Nodes whose backends may answer, and all of them do sooner or later; none: the client is refused.</summary>
    public static IReadOnlyList<int> Answering(Client client, Frontend frontend) =>
        [.. ServiceCast.BackendNodes.Where(backend => frontend.Kind switch
        {
            FrontendKind.HostPort or FrontendKind.Headless => backend == frontend.At,
            FrontendKind.ClusterIP => !frontend.IsLocal || backend == client.Node,

            // The external policy is for who comes from outside; inside, what the client's own node has leads everywhere.
            _ => !frontend.IsLocal || !IsFromOutside(client, frontend) || backend == frontend.At,
        })];

    /// <summary>The node under whose address a backend sees the client; null: under the client's own.</summary>
    public static int? Hiding(Client client, Frontend frontend, int backend, string mode, string protocol)
    {
        var isForwarded = frontend.Kind is (FrontendKind.NodePort or FrontendKind.LoadBalancer or FrontendKind.ExternalIP) && IsFromOutside(client, frontend) && backend != frontend.At;
        return isForwarded && !(client.Manner == Manner.Outside && AnswersDirectly(mode, protocol)) ? frontend.At : null;
    }

    /// <summary>Does a pod that asks itself see an address that is nobody's, because its own at both ends would lead nowhere?</summary>
    public static bool IsHairpin(Client client, Frontend frontend, int backend) =>
        client.Manner == Manner.PodByPackets && ServiceCast.ClientPod(client.Node) == ServiceCast.Backend(backend) && frontend.Kind != FrontendKind.Headless && !IsFromOutside(client, frontend);

    /// <summary>Sockets know the ports of every node; else another node's port is that node's to translate, and nobody there asks where a client comes from.</summary>
    private static bool IsFromOutside(Client client, Frontend frontend) =>
        !client.IsInside || client.Manner == Manner.PodByPackets && frontend.Kind == FrontendKind.NodePort && client.Node != frontend.At;

    private static bool AnswersDirectly(string mode, string protocol) => mode == "dsr" || mode == "hybrid" && protocol == "tcp";
}
