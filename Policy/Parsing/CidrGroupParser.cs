using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>Reads CiliumCIDRGroup.</summary>
internal static class CidrGroupParser
{
    public static PolicyObject? Parse(FieldReader root)
    {
        var header = ObjectHeader.Read(root, namespaced: false);
        foreach (var label in header.Labels.Where(label => !NameSyntax.IsLabelKey(label.Key) || !NameSyntax.IsLabelValue(label.Value)))
        {
            root.RefuseAt(
                $"metadata.labels.{label.Key}",
                $"{FieldReader.Quote($"{label.Key}: {label.Value}")} is no label; write [prefix/]name and a value, each of at most 63 letters, digits, '-', '_' and '.'");
        }

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
        var content = CompactJson.Of(("labels", header.LabelTexts), ("networks", networks.Select(network => network.ToString())));
        return new CidrGroup(header.Name, content, header.Labels, networks.ToImmutable());
    }
}
