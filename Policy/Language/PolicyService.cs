namespace Axoneme.Policy;

/// <summary>
/// What <c>toServices</c> must know of a Kubernetes Service: its own labels, and the pods it leads to. <see cref="Selected"/> is null when it has no
/// selector and its addresses count (see <see cref="ServiceAddresses"/>).
/// </summary>
public sealed record PolicyService(string Namespace, string Name, string Content, LabelSet Labels, Selector? Selected)
    : PolicyObject(PolicyService.KindName, Namespace, Name, Content)
{
    public const string KindName = "Service";
}
