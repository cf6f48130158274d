namespace Axoneme.Cli.Commands;

/// <summary>Something wrong in a document.</summary>
internal sealed record ValidationError(int? Line, string? Field, string Message);
