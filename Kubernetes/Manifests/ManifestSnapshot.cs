using System.Collections.Immutable;

namespace Axoneme.Kubernetes;

/// <summary>What a manifest directory says at one moment.</summary>
public sealed record ManifestSnapshot
{
    /// <summary>Nothing read yet.</summary>
    public static ManifestSnapshot Empty { get; } = new();

    /// <summary>
    /// Every object in force, in file-name order. Of a file that cannot be read these are the objects of its last good content, if there was
    /// one since this process started.
    /// </summary>
    public ImmutableArray<ManifestDocument> Documents { get; init; } = [];

    /// <summary>Objects that are not in force because another document defines them already; <see cref="Errors"/> names each.</summary>
    public ImmutableArray<ManifestDocument> Duplicates { get; init; } = [];

    public ImmutableArray<ManifestError> Errors { get; init; } = [];

    /// <summary>Grows by one with every change.</summary>
    public long Version { get; init; }

    /// <summary>
    /// Files that cannot be read now. What is known of them from earlier must not be taken for deleted: with no last good content since
    /// start, their objects are missing from <see cref="Documents"/>. The empty name stands for the directory itself.
    /// </summary>
    public ImmutableHashSet<string> FilesInError { get; init; } = [];
}
