namespace Axoneme.NodeActors.Maps;

/// <summary>What the commit order and the status need of a map, whatever its types.</summary>
internal interface IMapReconciler
{
    MapStatus Status { get; }

    /// <summary>Writes what is new or changed. False when the kernel refused something; it stays pending.</summary>
    bool WritePuts();

    /// <summary>Removes what should not be there any more. False when the kernel refused something; it stays pending.</summary>
    bool WriteDeletes();

    /// <summary>
    /// Reads the whole map and marks every difference from what it should hold as pending. What is equal is not written again, which
    /// is how a restarted agent takes over pinned maps.
    /// </summary>
    /// <param name="countsAsDrift">Whether differences are somebody else's doing (a running agent) or expected (a starting one).</param>
    /// <returns>How many entries differed.</returns>
    int Compare(bool countsAsDrift);
}
