namespace Axoneme.Policy.Tests;

/// <summary>
/// A test over Cilium's example policies, which are not part of this repository: the folder AXONEME_CILIUM_DATA names, or <c>shared/cilium-data</c>
/// beside a folder above the test. Where there is none the test is skipped, and says so.
/// </summary>
public sealed class ShippedPoliciesFactAttribute : FactAttribute
{
    public ShippedPoliciesFactAttribute()
    {
        if (Folder is null)
        {
            Skip = "Cilium's example policies are not here; set AXONEME_CILIUM_DATA to the folder that holds \"policies\"";
        }
    }

    /// <summary>The folder with the policies, null when there is none.</summary>
    public static string? Folder { get; } = Candidates().FirstOrDefault(Directory.Exists);

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("AXONEME_CILIUM_DATA") is { Length: > 0 } named)
        {
            yield return Path.Combine(named, "policies");
            yield break;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "shared", "cilium-data", "policies");
        }
    }
}
