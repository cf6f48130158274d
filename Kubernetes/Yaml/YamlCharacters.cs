namespace Axoneme.Kubernetes;

/// <summary>
/// The characters YAML allows unescaped (YAML 1.2.2, c-printable). The parser does not look: it takes NUL for the end of the text, so that
/// what follows would be ignored silently, and it passes on halves of surrogate pairs, which JSON cannot hold apart.
/// </summary>
internal static class YamlCharacters
{
    /// <summary>Where the first character stands that may not be written; -1 when there is none.</summary>
    public static int FindForbidden(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is (>= ' ' and <= '~') or '\n' or '\r' or '\t' or '\u0085' or (>= '\u00A0' and <= '\uD7FF') or (>= '\uE000' and <= '\uFFFD'))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return i;
            }

            i++;
        }

        return -1;
    }
}
