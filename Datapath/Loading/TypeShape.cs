namespace Axoneme.Datapath.Loading;

/// <summary>
/// How a C type lies in memory, and how it is to be read: sizes, members with their places, and of numbers the name they were
/// declared with, because <c>__be16</c> and <c>__u16</c> of the same bytes are different numbers. A member whose meaning changes while all of this
/// stays needs another name: nothing else can tell an older map from a newer one.
/// </summary>
/// <param name="Name">What a number or another indivisible type is called; a structure's own name means nothing.</param>
/// <param name="Size">In bytes.</param>
internal sealed record TypeShape(string Name, uint Size)
{
    /// <summary>A structure's or union's members; null of other types.</summary>
    public IReadOnlyList<MemberShape>? Members { get; init; }

    public bool IsUnion { get; init; }

    /// <summary>What an array repeats; null of other types.</summary>
    public TypeShape? Element { get; init; }

    /// <summary>Whether members are found by name: a structure's, not a union's.</summary>
    public bool HasNamedMembers => Members is not null && !IsUnion;

    /// <summary>What is other in <paramref name="wanted"/>, in words; nothing when one is read as the other.</summary>
    /// <param name="wanted">The type it is compared with.</param>
    /// <param name="path">Where in the outermost type it stands, such as <c>value.initiator</c>.</param>
    public IEnumerable<string> Differences(TypeShape wanted, string path)
    {
        if (Members is not null && wanted.Members is not null && IsUnion == wanted.IsUnion)
        {
            return MemberDifferences(wanted.Members, path).Concat(Size == wanted.Size ? [] : [$"{path} has {Size} bytes, wanted {wanted.Size}"]);
        }

        if (Element is not null && wanted.Element is not null && Size * (ulong)wanted.Element.Size == wanted.Size * (ulong)Element.Size)
        {
            return Element.Differences(wanted.Element, $"{path}[]");
        }

        return this == wanted ? [] : [$"{path} is {Name} of {Size} bytes, wanted {wanted.Name} of {wanted.Size}"];
    }

    public override string ToString() => Name;

    private IEnumerable<string> MemberDifferences(IReadOnlyList<MemberShape> wanted, string path)
    {
        var found = Members!.Where(member => !member.IsPadding).ToDictionary(member => member.Name);
        foreach (var member in wanted.Where(member => !member.IsPadding))
        {
            var at = $"{path}.{member.Name}";
            if (!found.Remove(member.Name, out var old))
            {
                yield return $"{at} is new";
            }
            else if (old.Bit != member.Bit || old.Bits != member.Bits)
            {
                yield return $"{at} is at bit {old.Bit}, wanted at {member.Bit}";
            }
            else
            {
                foreach (var difference in old.Type.Differences(member.Type, at))
                {
                    yield return difference;
                }
            }
        }

        foreach (var gone in found.Keys)
        {
            yield return $"{path}.{gone} is gone";
        }
    }
}

/// <summary>A member of a structure.</summary>
/// <param name="Name">Its name; members called <c>pad…</c> mean nothing.</param>
/// <param name="Bit">Where it begins, in bits.</param>
/// <param name="Bits">Its width if it is a bit field, else 0.</param>
/// <param name="Type">Its type.</param>
internal sealed record MemberShape(string Name, uint Bit, uint Bits, TypeShape Type)
{
    public bool IsPadding => Name.StartsWith("pad", StringComparison.Ordinal);
}
