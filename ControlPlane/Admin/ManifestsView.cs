namespace Axoneme.ControlPlane.Admin;

/// <param name="Version">Of the snapshot applied last.</param>
/// <param name="Accepted">Valid objects by kind.</param>
/// <param name="Waiting">Some changes could not be stored and are tried again.</param>
/// <param name="Errors">What is wrong; what was in force for these stays in force.</param>
/// <param name="Warnings">What is in force and not enforced as it is written.</param>
public sealed record ManifestsView(
    long Version, IReadOnlyDictionary<string, int> Accepted, bool Waiting, IReadOnlyList<ManifestErrorView> Errors, IReadOnlyList<ManifestErrorView> Warnings);
