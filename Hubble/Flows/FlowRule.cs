namespace Axoneme.Hubble;

/// <summary>The rule that decided about a flow in one direction.</summary>
/// <param name="Id">The datapath's number for it; below 16 no written rule (<c>enum implicit_rule</c>).</param>
/// <param name="Kind">The policy's kind, for example <c>CiliumNetworkPolicy</c>; empty when nobody wrote the rule.</param>
/// <param name="Namespace">The policy's namespace; empty for cluster-wide kinds.</param>
/// <param name="Name">The policy's name; empty when nobody wrote the rule.</param>
/// <param name="Section">Where in the policy, for example <c>ingressDeny[0]</c>.</param>
public sealed record FlowRule(uint Id, string Kind, string Namespace, string Name, string Section)
{
    /// <summary>No rule matched: default deny.</summary>
    public const uint None = 0;

    /// <summary>The pod has no policy in this direction.</summary>
    public const uint NotEnforced = 1;

    /// <summary>The pod's own node may always reach it.</summary>
    public const uint FromHost = 2;

    /// <summary>What the node needs to stay part of the cluster, whatever policies say.</summary>
    public const uint ControlTraffic = 3;

    /// <summary>Ids from here on are written rules.</summary>
    public const uint FirstWritten = 16;

    /// <summary>A rule known by its number only.</summary>
    public static FlowRule Unnamed(uint id) => new(id, "", "", "", "");

    public override string ToString() => Id switch
    {
        None => "no rule (default deny)",
        NotEnforced => "no policy in this direction",
        FromHost => "the pod's own node may always reach it",
        ControlTraffic => "control traffic of the node, which no policy cuts off",
        _ when Name.Length == 0 => $"rule {Id} (no longer known)",
        _ => $"rule {(Namespace.Length == 0 ? Name : $"{Namespace}/{Name}")} {Section}",
    };
}
