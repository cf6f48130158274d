namespace Axoneme.ControlPlane.Admin;

/// <summary>A request's body says something that cannot be answered.</summary>
internal sealed class InvalidRequestException(string field, string problem, string fix) : Exception($"{field}: {problem}")
{
    /// <summary>What to write instead.</summary>
    public string Fix { get; } = fix;
}
