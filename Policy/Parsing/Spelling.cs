namespace Axoneme.Policy;

/// <summary>Guesses what a misspelt field was meant to be.</summary>
internal static class Spelling
{
    /// <summary>
    /// True when one edit per four letters, at most three, separates the words: a letter added, left out, changed, or swapped with its
    /// neighbour (optimal string alignment distance), case ignored.
    /// </summary>
    public static bool AreNear(string known, string written)
    {
        const int longest = 64;
        if (known.Length > longest || written.Length > longest)
        {
            return false;
        }

        var distance = new int[known.Length + 1, written.Length + 1];
        for (var i = 0; i <= known.Length; i++)
        {
            for (var j = 0; j <= written.Length; j++)
            {
                distance[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1,
                    distance[i - 1, j - 1] + (Same(i, j) ? 0 : 1));
                if (i > 1 && j > 1 && Same(i, j - 1) && Same(i - 1, j))
                {
                    distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
                }
            }
        }

        return distance[known.Length, written.Length] <= Math.Clamp(Math.Max(known.Length, written.Length) / 4, 1, 3);

        bool Same(int i, int j) => char.ToUpperInvariant(known[i - 1]) == char.ToUpperInvariant(written[j - 1]);
    }
}
