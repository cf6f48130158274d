namespace Axoneme.Cli.Commands;

/// <summary>What <c>axoneme policy validate</c> says of one document.</summary>
/// <param name="File">As it was named on the command line, or found below a directory named there.</param>
/// <param name="Document">1-based number in the file; 0 when the file as a whole is meant.</param>
/// <param name="Object"><c>Kind/namespace/name</c>; null when that cannot be read.</param>
/// <param name="Status"><c>ok</c>, <c>rejected</c> or <c>no policy</c>.</param>
/// <param name="Errors">Why it is rejected.</param>
/// <param name="Warnings">What of it is accepted and not enforced as it is written.</param>
internal sealed record ValidatedDocument(
    string File, int Document, string? Object, string Status, IReadOnlyList<ValidationError> Errors, IReadOnlyList<string> Warnings);
