using System.Net;

namespace Axoneme.Testbed;

/// <summary>What came back to an <see cref="Asker"/>.</summary>
/// <param name="Who">The pod that answered, without its namespace; null when nobody did.</param>
/// <param name="Seen">As whom it saw the asker.</param>
/// <param name="Error">Why nobody did: <c>refused</c>, <c>timeout</c>, <c>unreachable</c>, or the system's words.</param>
public sealed record Heard(string? Who, IPAddress? Seen, string? Error);
