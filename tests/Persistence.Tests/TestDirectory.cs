namespace Axoneme.Persistence.Tests;

/// <summary>A directory that goes with the test.</summary>
internal sealed class TestDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("axoneme-journal-").FullName;

    public string Journal => Path.Combine(Root, "state", "journal.db");

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
