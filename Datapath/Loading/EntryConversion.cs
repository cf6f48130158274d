namespace Axoneme.Datapath.Loading;

/// <summary>
/// How a value of an older map becomes one of a newer map: members are carried over by name, new ones are zero, and padding is. A member that is
/// there under the same name but as another type makes it impossible.
/// </summary>
internal sealed class EntryConversion
{
    private readonly List<(int From, int To, int Length)> _pieces = [];
    private readonly int _valueSize;

    private EntryConversion(uint valueSize) => _valueSize = (int)valueSize;

    /// <summary>Finds out how; null with the reasons in <paramref name="obstacles"/> when there is no way. Keys have to be the same to the bit.</summary>
    public static EntryConversion? Between(MapShape from, MapShape to, out IReadOnlyList<string> obstacles)
    {
        var conversion = new EntryConversion(to.ValueSize);
        var reasons = new List<string>();
        obstacles = reasons;
        if (from.Key is null || from.Value is null || to.Key is null || to.Value is null)
        {
            reasons.Add("it has no type information");
            return null;
        }

        reasons.AddRange(from.Key.Differences(to.Key, "key"));
        conversion.Carry(from.Value, to.Value, (0, 0), "value", reasons);
        return reasons.Count == 0 ? conversion : null;
    }

    /// <summary>Makes a value of the new layout.</summary>
    public void Apply(ReadOnlySpan<byte> from, Span<byte> to)
    {
        to[.._valueSize].Clear();
        foreach (var (source, target, length) in _pieces)
        {
            from.Slice(source, length).CopyTo(to[target..]);
        }
    }

    private void Carry(TypeShape from, TypeShape to, (int From, int To) at, string path, List<string> obstacles)
    {
        if (!from.HasNamedMembers || !to.HasNamedMembers)
        {
            var differences = from.Differences(to, path).ToArray();
            obstacles.AddRange(differences);
            if (differences.Length == 0)
            {
                _pieces.Add((at.From, at.To, (int)to.Size));
            }

            return;
        }

        var known = from.Members!.Where(member => !member.IsPadding).ToDictionary(member => member.Name);
        foreach (var member in to.Members!.Where(member => !member.IsPadding))
        {
            if (!known.TryGetValue(member.Name, out var old))
            {
                continue;
            }

            if (old.Bits != 0 || member.Bits != 0)
            {
                obstacles.Add($"{path}.{member.Name} is a bit field");
            }
            else
            {
                Carry(old.Type, member.Type, (at.From + (int)old.Bit / 8, at.To + (int)member.Bit / 8), $"{path}.{member.Name}", obstacles);
            }
        }
    }
}
