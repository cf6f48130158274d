using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Services;

/// <summary>What the annotations <c>service.cilium.io/…</c> of a service ask (Cilium 1.19); a value that nobody understands, or that nobody serves here, is a problem and not silence.</summary>
/// <param name="Service">Whose.</param>
/// <param name="Problem">Is told what is wrong.</param>
internal sealed record ServiceAnnotations(ServiceRecord Service, Action<string> Problem)
{
    private const string Prefix = "service.cilium.io/";

    /// <summary>Read elsewhere, or of a cluster mesh and without effect on a cluster that is alone.</summary>
    private static readonly string[] s_others = ["global", "shared", "global-sync-endpoint-slices", "affinity", "forwarding-mode", "lb-algorithm", "type", "src-ranges-policy"];

    /// <summary>Names those that have no effect.</summary>
    public void CheckUnserved()
    {
        foreach (var name in Service.Annotations.Keys.Select(key => key[Prefix.Length..]).Except(s_others).Order(StringComparer.Ordinal))
        {
            switch (name, Service.Annotations[Prefix + name])
            {
                case ("proxy-delegation", "none"):
                    break;
                case ("node" or "node-selector", var value):
                    Problem($"annotation {Prefix}{name}: is not served yet, so every node has the service and not only those of \"{value}\"; remove it");
                    break;
                case ("proxy-delegation", var value):
                    Problem($"annotation {Prefix}{name}: \"{value}\" is not served yet; write none, or remove it");
                    break;
                default:
                    Problem($"annotation {Prefix}{name}: has no effect; remove it");
                    break;
            }
        }
    }

    /// <summary>Clusters by preference.</summary>
    public IReadOnlyList<BackendTier> Clusters() => Read("affinity", BackendPreference.ClustersOf, "local, remote or none") ?? BackendPreference.None.Clusters;

    /// <summary>How clients outside get a backend.</summary>
    /// <param name="byDefault">The node's option.</param>
    public LoadBalancerAlgorithm Algorithm(LoadBalancerAlgorithm byDefault) => Read<LoadBalancerAlgorithm?>(
        "lb-algorithm",
        value => value switch
        {
            "random" => LoadBalancerAlgorithm.Random,
            "maglev" => LoadBalancerAlgorithm.Maglev,
            _ => null,
        },
        "random or maglev") ?? byDefault;

    /// <summary>Whether answers of backends on other nodes go to the client directly.</summary>
    /// <param name="byDefault">What the node's option says.</param>
    public bool DirectReturn(bool byDefault) => Read<bool?>(
        "forwarding-mode",
        value => value switch
        {
            "dsr" => true,
            "snat" => false,
            _ => null,
        },
        "dsr or snat") ?? byDefault;

    /// <summary>The only kind of frontends it has beside external IPs; null for all that its type has.</summary>
    public FrontendKind? OnlyKind() => Read<FrontendKind?>(
        "type",
        value => value switch
        {
            "ClusterIP" => FrontendKind.ClusterIP,
            "NodePort" => FrontendKind.NodePort,
            "LoadBalancer" => FrontendKind.LoadBalancer,
            _ => null,
        },
        "ClusterIP, NodePort or LoadBalancer");

    /// <summary>Whether source ranges say whom to keep out, and not whom to let in.</summary>
    public bool RangesDeny() =>
        Read<bool?>(
            "src-ranges-policy",
            value => value switch
            {
                "allow" => false,
                "deny" => true,
                _ => null,
            },
            "allow or deny") ?? false;

    private T? Read<T>(string name, Func<string, T?> parse, string allowed)
    {
        if (!Service.Annotations.TryGetValue(Prefix + name, out var value))
        {
            return default;
        }

        var read = parse(value) ?? parse(value.ToLowerInvariant()); // Cilium does not mind capitals
        if (read is null)
        {
            Problem($"annotation {Prefix}{name}: \"{value}\" is not {allowed}");
        }

        return read;
    }
}
