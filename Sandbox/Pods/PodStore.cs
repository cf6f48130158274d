using System.Text.Json;

namespace Axoneme.Sandbox.Pods;

/// <summary>
/// The pods this runtime has made, in one file that is replaced whole and synced before anything depends on it. A pod is written before
/// the first thing of it exists and removed after the last thing is gone, so nothing can be forgotten.
/// </summary>
internal sealed class PodStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PodRecord> _pods;
    private readonly string _path;

    private PodStore(string path, IEnumerable<PodRecord> pods) => (_path, _pods) = (path, pods.ToDictionary(pod => pod.Manifest.Key));

    /// <summary>Reads the file; an absent one means no pods.</summary>
    /// <exception cref="SandboxException">The file is damaged: what it names cannot be cleaned up without it.</exception>
    public static PodStore Open(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, "sandbox.json");
        try
        {
            Directory.CreateDirectory(stateDirectory);
            return new PodStore(path, File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), PodStoreJson.Default.PodRecordArray) ?? [] : []);
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new SandboxException($"{path}: cannot be read: {failure.Message}. It lists the pods that exist; repair it, or remove it and then their namespaces under /run/netns yourself.", failure);
        }
    }

    public IReadOnlyList<PodRecord> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _pods.Values];
            }
        }
    }

    /// <summary>Adds or replaces a pod; durable on return.</summary>
    public void Put(PodRecord pod)
    {
        lock (_lock)
        {
            _pods[pod.Manifest.Key] = pod;
            Write();
        }
    }

    /// <summary>Forgets a pod; durable on return.</summary>
    public void Remove(string key)
    {
        lock (_lock)
        {
            _pods.Remove(key);
            Write();
        }
    }

    private void Write()
    {
        var next = _path + ".new";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, [.. _pods.Values.OrderBy(pod => pod.Manifest.Key, StringComparer.Ordinal)], PodStoreJson.Default.PodRecordArray);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, _path, overwrite: true);
    }
}
