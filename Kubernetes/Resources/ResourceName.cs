using System.Text.RegularExpressions;

namespace Axoneme.Kubernetes;

/// <summary>Kubernetes' rules for names and label values ("Object Names and IDs", "Labels and Selectors").</summary>
internal static partial class ResourceName
{
    public static bool IsDnsLabel(string text) => text.Length <= 63 && DnsLabel().IsMatch(text);

    public static bool IsDnsSubdomain(string text) => text.Length <= 253 && DnsSubdomain().IsMatch(text);

    public static bool IsLabelKey(string text)
    {
        var slash = text.IndexOf('/');
        return IsPart(text[(slash + 1)..]) && (slash < 0 || IsDnsSubdomain(text[..slash]));
    }

    public static bool IsLabelValue(string text) => text.Length == 0 || IsPart(text);

    /// <summary>RFC 6335, lower case as Kubernetes asks of container ports.</summary>
    public static bool IsPortName(string text) => text.Length is > 0 and <= 15 && PortName().IsMatch(text) && text.Any(char.IsAsciiLetter);

    private static bool IsPart(string text) => text.Length <= 63 && Part().IsMatch(text);

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex DnsSubdomain();

    [GeneratedRegex(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z")]
    private static partial Regex Part();

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex PortName();
}
