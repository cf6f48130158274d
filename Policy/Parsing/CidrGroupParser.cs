using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>Reads CiliumCIDRGroup.</summary>
internal static class CidrGroupParser
{
    public static PolicyObject? Parse(FieldReader root)
    {
        var header = ObjectHeader.Read(root, namespaced: false);
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        if (root.Object("spec") is { } spec)
        {
            if (!spec.Has("externalCIDRs"))
            {
                spec.Refuse("externalCIDRs", "is missing; write the list of prefixes");
            }

            foreach (var (text, path) in spec.List("externalCIDRs")?.Strings ?? [])
            {
                if (CidrParser.Parse(spec, path, text) is { } network)
                {
                    networks.Add(network);
                }
            }

            spec.Finish();
        }
        else if (!root.Has("spec"))
        {
            root.Refuse("spec", "is missing; write spec.externalCIDRs");
        }

        root.Finish();
        return new CidrGroup(header.Name, $"{header.Labels} {string.Join(' ', networks)}", header.Labels, networks.ToImmutable());
    }
}
