namespace Axoneme.ControlPlane.Admin;

public sealed record ManifestsView(
    long Version, IReadOnlyDictionary<string, int> Accepted, bool Waiting, IReadOnlyList<ManifestErrorView> Errors);
