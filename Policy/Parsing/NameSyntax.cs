using System.Text.RegularExpressions;

namespace Axoneme.Policy;

/// <summary>Kubernetes' rules for names, label keys and label values ("Object Names and IDs", "Labels and Selectors").</summary>
internal static partial class NameSyntax
{
    public static bool IsDnsLabel(string text) => text.Length <= 63 && DnsLabel().IsMatch(text);

    public static bool IsDnsSubdomain(string text) => text.Length <= 253 && DnsSubdomain().IsMatch(text);

    public static bool IsLabelValue(string text) => text.Length == 0 || IsQualifiedPart(text);

    /// <summary>[prefix/]name; a namespace-label key may be longer by the prefix Cilium puts before it.</summary>
    public static bool IsLabelKey(string text)
    {
        var key = text.StartsWith(LabelKey.NamespaceLabelPrefix, StringComparison.Ordinal) ? text[LabelKey.NamespaceLabelPrefix.Length..] : text;
        var slash = key.IndexOf('/');
        return IsQualifiedPart(key[(slash + 1)..]) && (slash < 0 || IsDnsSubdomain(key[..slash]));
    }

    /// <summary>What stands before the colon of a label.</summary>
    public static bool IsLabelSource(string text) => IsDnsSubdomain(text);

    /// <summary>RFC 6335 section 5.1: 1 to 15 letters, digits and single inner hyphens, at least one letter.</summary>
    public static bool IsPortName(string text) => text.Length is > 0 and <= 15 && PortName().IsMatch(text) && text.Any(char.IsAsciiLetter);

    private static bool IsQualifiedPart(string text) => text.Length <= 63 && QualifiedPart().IsMatch(text);

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex DnsSubdomain();

    [GeneratedRegex(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z")]
    private static partial Regex QualifiedPart();

    [GeneratedRegex(@"\A[A-Za-z0-9]+(-[A-Za-z0-9]+)*\z")]
    private static partial Regex PortName();
}
