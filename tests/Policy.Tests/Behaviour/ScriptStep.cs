using System.Collections.Immutable;

namespace Axoneme.Policy.Tests.Behaviour;

/// <summary>A section of a script.</summary>
/// <param name="Kind">The first word of its heading.</param>
/// <param name="FirstLine">Number of the line below the heading, from 1.</param>
/// <param name="Lines">The lines below the heading.</param>
internal sealed record ScriptStep(string Kind, int FirstLine, ImmutableArray<string> Lines)
{
    /// <summary>True when it says what must be, not what happens.</summary>
    public bool IsTable => Kind is "expect" or "requests" or "proxy";

    public string Text => string.Join('\n', Lines);

    /// <summary>The words of each line that has any, without comments, and the line's number.</summary>
    public IEnumerable<(int Line, ImmutableArray<string> Words)> Rows() => Lines
        .Select((line, index) => (FirstLine + index, WordsOf(line)))
        .Where(row => row.Item2.Length > 0);

    private static ImmutableArray<string> WordsOf(string line) =>
        [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => !word.StartsWith('#'))];
}
