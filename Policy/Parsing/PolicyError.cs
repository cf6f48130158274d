namespace Axoneme.Policy;

/// <summary>Why a policy was refused.</summary>
/// <param name="FieldPath">For example <c>spec.ingress[0].toPorts[1].ports[0].port</c>.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
public sealed record PolicyError(string FieldPath, string Message)
{
    public override string ToString() => FieldPath.Length == 0 ? Message : $"{FieldPath}: {Message}";
}
