using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>A member of <c>rules.http</c>: every condition must hold; null patterns ask nothing.</summary>
/// <param name="Method">The whole method, with its case.</param>
/// <param name="Path">The whole path with its query.</param>
/// <param name="Host">The whole host, with its case and port, as Envoy compares it.</param>
/// <param name="Headers">Conditions of <c>headers</c> and <c>headerMatches</c>.</param>
public sealed record HttpRule(RequestPattern? Method, RequestPattern? Path, RequestPattern? Host, ImmutableArray<HeaderMatch> Headers) : RequestRule
{
    public override bool PermitsEverything =>
        Method is null && Path is null && Host is null && Headers.All(header => header.Mismatch != HeaderMismatch.Refuse);

    public override bool ChangesRequests =>
        Headers.Any(header => header.Mismatch is HeaderMismatch.Add or HeaderMismatch.Delete or HeaderMismatch.Replace);

    public override bool Permits(Request request) => request is HttpRequest http
        && Method?.Matches(http.Method) != false
        && Path?.Matches(http.Path) != false
        && Host?.Matches(http.Host) != false
        && Headers.All(header => header.Mismatch != HeaderMismatch.Refuse || header.Matches(http));
}
