namespace Axoneme.Policy;

/// <summary>Something a policy asks that is understood and not enforced as it says.</summary>
/// <param name="Field">For example <c>spec.egress[0].toFQDNs</c>.</param>
/// <param name="Message">What happens instead.</param>
public sealed record EnforcementGap(string Field, string Message)
{
    public override string ToString() => $"{Field}: {Message}";
}
