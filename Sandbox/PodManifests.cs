using Axoneme.Kubernetes;
using Axoneme.Policy;

namespace Axoneme.Sandbox;

/// <summary>Which pods a manifest directory wants on this node.</summary>
public static class PodManifests
{
    /// <summary>
    /// Reads the Pods of a snapshot. What cannot be read now stays as it is: a pod whose document is wrong, whatever that says now, one whose
    /// file has an object of its name and an unknown kind, and pods of a file that is broken.
    /// (The control plane reports those errors; this only does not act on them.)
    /// </summary>
    /// <param name="snapshot">The directory.</param>
    /// <param name="nodeName">Pods that name another node in spec.nodeName are left out.</param>
    /// <param name="runsUnassigned">Whether Pods that name no node are this one's.</param>
    /// <param name="existing">The pods there are.</param>
    public static IReadOnlyList<PodManifest> Read(ManifestSnapshot snapshot, string nodeName, bool runsUnassigned, IEnumerable<SandboxPod> existing)
    {
        var current = existing.ToDictionary(pod => pod.Manifest.Key, pod => pod.Manifest);
        var wanted = new Dictionary<string, PodManifest>(StringComparer.Ordinal);
        foreach (var document in snapshot.Documents.Where(document => document.Kind == "Pod"))
        {
            var key = KeyOf(document);
            if (PodResource.Read(document).Resource is not { } pod)
            {
                if (current.TryGetValue(key, out var before))
                {
                    wanted[key] = before;
                }
            }
            else if (!pod.HostNetwork && (pod.NodeName.Length == 0 ? runsUnassigned : pod.NodeName == nodeName))
            {
                wanted[key] = new PodManifest(pod.Namespace, pod.Name, Ports(pod, "TCP"), Ports(pod, "UDP"), pod.Annotations.GetValueOrDefault(PodManifest.CniConfigAnnotation), document.File, document.Index);
            }
        }

        var inError = snapshot.Documents.Where(IsInError).Concat(snapshot.Duplicates).Select(document => (document.File, document.FirstIndex)).ToHashSet();
        var namesakes = snapshot.Documents.Where(document => !IsKnown(document)).Select(document => (document.File, KeyOf(document))).ToHashSet();
        var written = snapshot.Documents.Where(document => document.Kind == "Pod" && !IsInError(document)).Select(KeyOf).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, before) in current.Where(pod => !written.Contains(pod.Key)))
        {
            // The empty name is the directory itself.
            if (snapshot.FilesInError.Contains(before.File) || snapshot.FilesInError.Contains("")
                || inError.Contains((before.File, before.Document)) || namesakes.Contains((before.File, key)))
            {
                wanted.TryAdd(key, before);
            }
        }

        return [.. wanted.Values];
    }

    private static string KeyOf(ManifestDocument document) => $"{document.Namespace ?? "default"}/{document.Name}";

    private static bool IsKnown(ManifestDocument document) => document.Kind is "Pod" or "Namespace" || PolicyParser.Kinds.Contains(document.Kind);

    private static bool IsInError(ManifestDocument document) =>
        !IsKnown(document) || ResourceErrors.Of(document).Count > 0
        || (PolicyParser.Kinds.Contains(document.Kind) && PolicyParser.Parse(document.Body).Errors.Any());

    private static ushort[] Ports(PodResource pod, string protocol) =>
        [.. pod.Ports.Where(port => port.Protocol == protocol).Select(port => (ushort)port.Port).Distinct().Order()];
}
