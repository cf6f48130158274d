namespace Axoneme.Policy;

/// <summary>Why traffic from one identity to another passes or not.</summary>
/// <param name="Verdict">What both directions come to.</param>
/// <param name="Egress">By the policies of the source; null when it is no endpoint, so that nothing restricts it.</param>
/// <param name="Ingress">By the policies of the destination; null when it is no endpoint.</param>
public sealed record FlowExplanation(FlowVerdict Verdict, Explanation? Egress, Explanation? Ingress);
