using Axoneme.Kubernetes;

namespace Axoneme.Sandbox;

/// <summary>Which pods a manifest directory wants on this node.</summary>
public static class PodManifests
{
    /// <summary>
    /// Reads the Pods of a snapshot. What cannot be read now stays as it is: a pod whose document is wrong, and pods of a file that is broken.
    /// (The control plane reports those errors; this only does not act on them.)
    /// </summary>
    /// <param name="snapshot">The directory.</param>
    /// <param name="nodeName">Pods that name another node in spec.nodeName are left out.</param>
    /// <param name="existing">The pods there are.</param>
    public static IReadOnlyList<PodManifest> Read(ManifestSnapshot snapshot, string nodeName, IEnumerable<SandboxPod> existing)
    {
        var current = existing.ToDictionary(pod => pod.Manifest.Key, pod => pod.Manifest);
        var wanted = new Dictionary<string, PodManifest>(StringComparer.Ordinal);
        foreach (var document in snapshot.Documents.Where(document => document.Kind == "Pod"))
        {
            var key = $"{document.Namespace ?? "default"}/{document.Name}";
            if (PodResource.Read(document).Resource is not { } pod)
            {
                if (current.TryGetValue(key, out var before))
                {
                    wanted[key] = before;
                }
            }
            else if (!pod.HostNetwork && (pod.NodeName.Length == 0 || pod.NodeName == nodeName))
            {
                wanted[key] = new PodManifest(pod.Namespace, pod.Name, Ports(pod, "TCP"), Ports(pod, "UDP"), pod.Annotations.GetValueOrDefault(PodManifest.CniConfigAnnotation), document.File);
            }
        }

        foreach (var (key, before) in current)
        {
            // The empty name is the directory itself.
            if (snapshot.FilesInError.Contains(before.File) || snapshot.FilesInError.Contains(""))
            {
                wanted.TryAdd(key, before);
            }
        }

        return [.. wanted.Values];
    }

    private static ushort[] Ports(PodResource pod, string protocol) =>
        [.. pod.Ports.Where(port => port.Protocol == protocol).Select(port => (ushort)port.Port).Distinct().Order()];
}
