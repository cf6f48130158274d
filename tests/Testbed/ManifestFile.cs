namespace Axoneme.Testbed;

/// <summary>Writes manifests as people do.</summary>
internal static class ManifestFile
{
    /// <summary>The way an editor does: beside it, then over it.</summary>
    public static async Task WriteAsync(string path, string yaml)
    {
        await File.WriteAllTextAsync(path + "~", yaml);
        File.Move(path + "~", path, overwrite: true);
    }
}
