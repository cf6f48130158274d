using System.Collections.Immutable;
using System.Text.Json;

namespace Axoneme.Kubernetes;

/// <summary>A Pod, as far as networking is concerned.</summary>
public sealed record PodResource
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>metadata.uid, empty outside a cluster.</summary>
    public required string Uid { get; init; }

    public required ImmutableSortedDictionary<string, string> Labels { get; init; }

    public required ImmutableSortedDictionary<string, string> Annotations { get; init; }

    /// <summary>spec.nodeName, empty when no node is chosen.</summary>
    public required string NodeName { get; init; }

    /// <summary><c>default</c> when absent.</summary>
    public required string ServiceAccountName { get; init; }

    /// <summary>The pod uses its node's network and has no interface of its own.</summary>
    public required bool HostNetwork { get; init; }

    /// <summary>Condition Ready of its status; true while nothing is said.</summary>
    public required bool Ready { get; init; }

    /// <summary>It was asked to end (metadata.deletionTimestamp).</summary>
    public required bool Terminating { get; init; }

    /// <summary>It ran to its end and does not come back (phase Succeeded or Failed).</summary>
    public required bool Ended { get; init; }

    /// <summary>Ports of all containers, restartable init containers included.</summary>
    public required ImmutableArray<ContainerPort> Ports { get; init; }

    /// <summary>Reads a document of kind Pod.</summary>
    public static ResourceReadResult<PodResource> Read(ManifestDocument document)
    {
        var reader = new ResourceReader(document);
        reader.CheckHeader("v1", "Pod", ResourceName.IsDnsSubdomain);
        var body = document.Body;
        return reader.Finish(new PodResource
        {
            Namespace = reader.Namespace(),
            Name = document.Name,
            Uid = reader.Text(body, "metadata.uid") ?? "",
            Labels = reader.Labels(),
            Annotations = reader.Map("metadata.annotations"),
            NodeName = reader.Text(body, "spec.nodeName") ?? "",
            ServiceAccountName = reader.Text(body, "spec.serviceAccountName") is { Length: > 0 } account ? account : "default",
            HostNetwork = reader.Flag(body, "spec.hostNetwork"),
            Ready = ReadReady(reader, body),
            Terminating = reader.Text(body, "metadata.deletionTimestamp") is { Length: > 0 },
            Ended = reader.Text(body, "status.phase") is "Succeeded" or "Failed",
            Ports = [.. ReadPorts(reader, body, "spec.containers"), .. ReadPorts(reader, body, "spec.initContainers", onlyRestartable: true)],
        });
    }

    private static bool ReadReady(ResourceReader reader, JsonElement body)
    {
        foreach (var (condition, path) in reader.Objects(body, "status.conditions"))
        {
            if (reader.Text(condition, "type", path + ".") == "Ready")
            {
                return reader.Word(condition, "status", path + ".", "True", "False", "Unknown") == "True";
            }
        }

        return true;
    }

    private static List<ContainerPort> ReadPorts(ResourceReader reader, JsonElement body, string list, bool onlyRestartable = false)
    {
        var ports = new List<ContainerPort>();
        var taken = new HashSet<(int, string, string)>();
        foreach (var (container, path) in reader.Objects(body, list))
        {
            var prefix = path + ".";
            var listens = !onlyRestartable || reader.Text(container, "restartPolicy", prefix) == "Always"; // the others end before the pod runs
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (port, portPath) in reader.Objects(container, "ports", prefix))
            {
                var read = ReadPort(reader, port, portPath + ".", names);
                if (read.HostPort > 0 && !taken.Add((read.HostPort, read.Protocol, read.HostIp)))
                {
                    reader.Refuse(portPath + ".hostPort", $"{read.HostPort} is another port's of this pod already; choose another");
                }

                if (listens)
                {
                    ports.Add(read);
                }
            }
        }

        return ports;
    }

    private static ContainerPort ReadPort(ResourceReader reader, JsonElement port, string prefix, HashSet<string> names)
    {
        var name = reader.Text(port, "name", prefix);
        if (name is not null && !ResourceName.IsPortName(name))
        {
            reader.Refuse(prefix + "name", $"\"{name}\" is not a port name; at most 15 lower-case letters, digits and inner hyphens, one letter at least");
        }
        else if (name is not null && !names.Add(name))
        {
            reader.Refuse(prefix + "name", $"\"{name}\" names two ports of one container; rename one");
        }

        var hostIp = reader.Text(port, "hostIP", prefix) ?? "";
        if (hostIp.Length > 0 && !AddressText.TryParse(hostIp, out _))
        {
            reader.Refuse(prefix + "hostIP", $"\"{hostIp}\" is not an address; write one of the node's, or leave it out for all");
        }

        return new ContainerPort(
            reader.Port(port, "containerPort", prefix), name, reader.Protocol(port, prefix),
            reader.Number(port, "hostPort", prefix, 0, 65535) ?? 0,
            hostIp is "0.0.0.0" or "::" ? "" : hostIp);
    }
}
