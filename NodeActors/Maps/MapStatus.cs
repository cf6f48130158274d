namespace Axoneme.NodeActors.Maps;

/// <summary>One map as its writer sees it.</summary>
/// <param name="Name">The map's name in the kernel.</param>
/// <param name="Capacity">Entries the kernel accepts.</param>
/// <param name="Desired">Entries there should be.</param>
/// <param name="Pending">Writes not done yet.</param>
/// <param name="Puts">Entries written.</param>
/// <param name="Deletes">Entries removed.</param>
/// <param name="Failures">Kernel calls refused.</param>
/// <param name="Drift">Entries that a comparison found changed, missing or foreign, and repaired.</param>
/// <param name="Problem">Why writes are pending, null when they are not.</param>
internal sealed record MapStatus(
    string Name, uint Capacity, int Desired, int Pending, long Puts, long Deletes, long Failures, long Drift, string? Problem);
