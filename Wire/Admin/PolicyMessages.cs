namespace Axoneme.Wire.Admin;

/// <summary>Whether traffic would pass, and why.</summary>
/// <param name="From">The sender: <c>namespace/pod</c>, an identity's number, an entity such as <c>host</c>, an address or a prefix.</param>
/// <param name="To">The receiver, written the same way.</param>
/// <param name="Port"><c>80</c>, <c>80/UDP</c>, a port's name, <c>icmp/8</c>, <c>icmpv6/128</c>; absent for protocols without ports.</param>
/// <param name="Protocol">TCP when neither this nor <paramref name="Port"/> says otherwise.</param>
public sealed record PolicyExplainRequest(string? From, string? To, string? Port, string? Protocol = null);

/// <summary>Which flows would be judged otherwise if policies changed.</summary>
/// <param name="Documents">Policies to put in force, as YAML or JSON; one of an existing name takes its place.</param>
/// <param name="Delete">Policies to take out of force, as <c>Kind/namespace/name</c>; the namespace is empty for cluster-wide kinds.</param>
public sealed record PolicyDiffRequest(string? Documents, IReadOnlyList<string>? Delete = null);

/// <summary>One end of flows.</summary>
/// <param name="Name">A pod of the identity, the reserved identity's name, a prefix, or labels.</param>
/// <param name="Identity">Its number; from 16777216 on one that is made up for addresses outside the cluster, as every node does.</param>
/// <param name="Labels">As <c>source:key=value</c>.</param>
public sealed record FlowEndView(string Name, uint Identity, IReadOnlyList<string> Labels);

/// <summary>A rule of a policy.</summary>
/// <param name="Policy"><c>Kind/namespace/name</c>; empty for rules nobody wrote.</param>
/// <param name="Section">For example <c>ingress[0]</c>.</param>
/// <param name="Text">The rule in JSON, or a sentence for rules nobody wrote.</param>
public sealed record RuleView(string Policy, string Section, string Text);

/// <summary>What one end's policies say.</summary>
/// <param name="Verdict"><c>allowed</c>, <c>denied</c> (by a rule), <c>dropped</c> (no rule allows it), <c>inspected</c>, or <c>unrestricted</c>.</param>
/// <param name="Reason">One sentence where no written rule decides.</param>
/// <param name="Rules">All rules that decide, in order of precedence.</param>
/// <param name="Nearest">When dropped: the rule that comes closest to allowing it.</param>
/// <param name="Lacks">What the traffic lacks for that rule.</param>
/// <param name="Asks">When inspected: what is asked of requests, one alternative each; empty alternatives permit everything.</param>
/// <param name="Authentication">What is demanded before traffic passes.</param>
public sealed record DirectionView(
    string Verdict, string? Reason, IReadOnlyList<RuleView> Rules, RuleView? Nearest, string? Lacks, IReadOnlyList<string>? Asks, string? Authentication);

/// <summary>Answer to a <see cref="PolicyExplainRequest"/>.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Traffic">For example <c>80/TCP</c>.</param>
/// <param name="Verdict"><c>allowed</c>, <c>denied</c> or <c>inspected</c>, and whether authentication is demanded.</param>
/// <param name="Warning">What happens instead, where the verdict cannot be carried out yet.</param>
/// <param name="Egress">By the sender's policies.</param>
/// <param name="Ingress">By the receiver's policies.</param>
/// <param name="Notes">What else one should know, for example that part of a prefix has an identity of its own.</param>
public sealed record PolicyExplanationView(
    FlowEndView From, FlowEndView To, string Traffic, string Verdict, string? Warning, DirectionView Egress, DirectionView Ingress, IReadOnlyList<string> Notes);

/// <summary>Answer to a <see cref="PolicyDiffRequest"/>.</summary>
/// <param name="Classes">How many (source, destination, traffic) classes flip.</param>
/// <param name="Flips">All of them, gathered by what changes alike.</param>
/// <param name="Ends">The identities that <paramref name="Flips"/> names by number.</param>
/// <param name="Notes">Documents that were left out, and warnings about policies that are not enforced as they say.</param>
public sealed record PolicyDiffView(long Classes, IReadOnlyList<PolicyFlipView> Flips, IReadOnlyList<FlowEndView> Ends, IReadOnlyList<string> Notes);

/// <summary>Flows that change alike: from each source to each destination.</summary>
public sealed record PolicyFlipView(IReadOnlyList<uint> Sources, IReadOnlyList<FlowDestinationView> Destinations, IReadOnlyList<FlowChangeView> Changes);

/// <summary>A destination identity.</summary>
/// <param name="Identity">Its number.</param>
/// <param name="Only">The pods of it that are meant, when others of it name different ports; null: all.</param>
public sealed record FlowDestinationView(uint Identity, IReadOnlyList<string>? Only);

/// <summary>Traffic whose verdict flips.</summary>
/// <param name="Traffic">In words, for example <c>80/TCP, icmp/8</c>.</param>
/// <param name="Ranges">The same in numbers.</param>
/// <param name="Before">As it is.</param>
/// <param name="After">As it would be.</param>
public sealed record FlowChangeView(string Traffic, IReadOnlyList<TrafficRangeView> Ranges, FlowVerdictView Before, FlowVerdictView After);

/// <summary>Traffic classes, both ends included: <c>protocol &lt;&lt; 16 | port</c> (ICMP: type).</summary>
public sealed record TrafficRangeView(uint Low, uint High);

/// <summary>What becomes of traffic on one side of a comparison.</summary>
/// <param name="Verdict">As in <see cref="PolicyExplanationView"/>.</param>
/// <param name="Rules">A deciding rule per direction; none where nothing restricts the traffic.</param>
/// <param name="Warning">What happens instead, where the verdict cannot be carried out yet.</param>
public sealed record FlowVerdictView(string Verdict, IReadOnlyList<string> Rules, string? Warning);
