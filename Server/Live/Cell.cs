using Spectre.Console;

namespace Axoneme.Server.Live;

/// <summary>Text with a Spectre style. A column that is too wide loses text at its end, never its colour.</summary>
internal readonly record struct Cell(string Text, string Style = "default")
{
    public static implicit operator Cell(string text) => new(text);

    /// <summary>Markup of exactly <paramref name="width"/> columns.</summary>
    public string Markup(int width)
    {
        var text = Text.ReplaceLineEndings(" ");
        var fitted = text.Length <= width ? text.PadRight(width) : width <= 1 ? text[..Math.Max(width, 0)] : string.Concat(text.AsSpan(0, width - 1), "…");
        return $"[{Style}]{fitted.EscapeMarkup()}[/]";
    }
}
