using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Axoneme.Policy;

/// <summary>Reads prefixes and their exceptions.</summary>
internal static class CidrParser
{
    public static IPNetwork? Parse(FieldReader at, string path, string text)
    {
        if (CidrText.TryParse(text, out var network))
        {
            return network;
        }

        at.RefuseAt(path, IPAddress.TryParse(text, out var address)
            ? $"{FieldReader.Quote(text)} has no prefix length; for one address write {text}/{(address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}"
            : $"{FieldReader.Quote(text)} is not a prefix; write for example 10.0.0.0/8 or fd00::/8");
        return null;
    }

    /// <summary>The field <c>except</c>: prefixes that lie within <paramref name="network"/>, where that is known.</summary>
    /// <param name="rule">What holds the field.</param>
    /// <param name="network">What they are excepted from.</param>
    /// <param name="strict">Refuses to except the whole of it, as Kubernetes does in <c>ipBlock</c>; Cilium takes it.</param>
    public static ImmutableArray<IPNetwork> ParseExcept(FieldReader rule, IPNetwork? network, bool strict = false)
    {
        var except = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var (text, path) in rule.List("except")?.Strings ?? [])
        {
            if (Parse(rule, path, text) is not { } excluded)
            {
                continue;
            }

            if (network is { } whole && !CidrText.Contains(whole, excluded))
            {
                rule.RefuseAt(path, $"{text} does not lie within {whole}; an exception takes something out of its own prefix");
            }
            else if (strict && excluded == network)
            {
                rule.RefuseAt(path, $"{text} is the whole of its own prefix, so that nothing is left; write a longer prefix, or remove the peer");
            }
            else
            {
                except.Add(excluded);
            }
        }

        return except.ToImmutable();
    }
}
