using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Policy;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Admin;

/// <summary>Finds what people call an end of a flow: a pod, a node, an identity, an entity, an address or a prefix.</summary>
internal sealed class FlowEndNames(RevisionLog log, PolicyWorld world, FlowExplainer explainer, LiveNodes nodes)
{
    private const string NodePrefix = "node/";
    private const string Fix = "write namespace/pod, node/name, an identity's number, host, remote-node, world or another entity that is one identity, an address, or a prefix such as 10.0.0.0/8";

    /// <param name="field">Of the request, for errors.</param>
    /// <param name="text">What was written there.</param>
    /// <param name="other">The node of the other end, when that is a node or a pod that runs: its own node is <c>host</c> to it, every other a <c>remote-node</c>.</param>
    /// <exception cref="InvalidRequestException">Nothing is called that.</exception>
    public FlowEnd Find(string field, string? text, string? other)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InvalidRequestException(field, "is missing", Fix);
        }

        if (text.All(char.IsAsciiDigit))
        {
            return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && explainer.LabelsOf(number) is not null
                ? OfIdentity(number)
                : throw new InvalidRequestException(field, $"there is no identity {text}", "GET /v1/state/identity lists those that pods have");
        }

        if (CidrText.TryParse(text, out var prefix))
        {
            return OfRegion(prefix.ToString(), prefix);
        }

        if (IPAddress.TryParse(text, out var address))
        {
            return OfAddress(address, other);
        }

        return text.StartsWith(NodePrefix, StringComparison.Ordinal) && nodes.Contains(text[NodePrefix.Length..]) ? OfNode(text[NodePrefix.Length..], other, null)
            : text.Contains('/', StringComparison.Ordinal) ? OfPod(field, text)
            : OfEntity(field, text, other);
    }

    /// <summary>Which node an end is or, if it is a pod, runs on; null when it is neither or was not started.</summary>
    public static string? NodeOf(RevisionLog log, string? text) =>
        log.List(RecordKind.Ip).Select(record => record.Ip).FirstOrDefault(ip => $"{ip.Namespace}/{ip.Pod}" == text || ip.Address == text)?.Node
        ?? log.List(RecordKind.Node).Select(record => record.Node).FirstOrDefault(node => LiveNodes.EndOf(node.Name) == text || node.Addresses.Contains(text))?.Name;

    /// <summary>A node is <c>host</c> to itself and its pods, and to others one with an identity.</summary>
    private FlowEnd OfNode(string node, string? other, IPAddress? address)
    {
        var identity = node == other ? ReservedIdentity.Host : nodes.NumberOf(node, address);
        var endpoint = world.Endpoints.First(endpoint => endpoint.Name == LiveNodes.EndOf(node));
        var isRestricted = world.Policies.Values.OfType<RulePolicy>().Any(policy => policy.Specs.Any(spec => spec.IsForNodes && spec.Subject.Matches(endpoint.OwnLabels!)));
        return new FlowEnd(
            address is null ? endpoint.Name : $"{endpoint.Name} ({address})", identity, endpoint.Name, [],
            isRestricted ? $"policies for nodes judge {endpoint.Name} where its host firewall is on, which `axoneme status` there tells" : null);
    }

    private FlowEnd OfPod(string field, string name) => world.Endpoints.FirstOrDefault(endpoint => endpoint.Name == name) is { } pod
        ? new FlowEnd(pod.Name, pod.Identity, pod.Name, pod.NamedPorts)
        : throw new InvalidRequestException(field, $"there is no pod \"{name}\"", "GET /v1/state/pod lists them; " + Fix);

    private FlowEnd OfIdentity(uint number)
    {
        var pods = world.Endpoints.Where(endpoint => endpoint.Identity == number).ToList();
        var alike = pods.Select(pod => pod.NamedPorts).DistinctBy(ports => string.Join(',', ports.Order())).Count() <= 1;
        return new FlowEnd(
            ReservedIdentity.NameOf(number) ?? pods.FirstOrDefault()?.Name ?? number.ToString(CultureInfo.InvariantCulture),
            number, null, [.. pods.SelectMany(pod => pod.NamedPorts).Distinct()],
            alike ? null : $"pods of identity {number} name different ports; this is about {pods[0].Name}, ask about another by name");
    }

    private FlowEnd OfAddress(IPAddress address, string? other)
    {
        var text = address.ToString();
        if (log.Find(RecordKind.Ip, text)?.Ip is { } ip)
        {
            return world.Endpoints.FirstOrDefault(endpoint => endpoint.Name == $"{ip.Namespace}/{ip.Pod}") is { } pod
                ? new FlowEnd($"{pod.Name} ({text})", pod.Identity, pod.Name, pod.NamedPorts)
                : OfIdentity(ip.Identity);
        }

        return nodes.NodeAt(address) is { } node ? OfNode(node, other, address)
            : OfRegion(text, new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
    }

    private FlowEnd OfRegion(string name, IPNetwork prefix)
    {
        var within = explainer.PrefixesWithin(prefix).ToList();
        return new FlowEnd(name, explainer.IdentityOf(prefix), null, [], within.Count == 0
            ? null
            : $"{string.Join(", ", within.Take(8))}{(within.Count > 8 ? $" and {within.Count - 8} more" : "")} within {prefix} may be judged otherwise: policies name them on their own");
    }

    private FlowEnd OfEntity(string field, string text, string? other)
    {
        var name = text.StartsWith("reserved:", StringComparison.Ordinal) ? text["reserved:".Length..] : text;
        if (name == "host" && other is not null && nodes.Contains(other))
        {
            return OfNode(other, other, null) with { Name = name };
        }

        if (name == "world")
        {
            return OfIdentity(ReservedIdentity.WorldIPv4) with { Note = "world stands for an IPv4 address that no policy names; ask about world-ipv6 or an address as well" };
        }

        var number = ReservedIdentity.All.FirstOrDefault(number => ReservedIdentity.NameOf(number) == name);
        return number != 0 ? OfIdentity(number)
            : throw new InvalidRequestException(field, Entity.Names.Contains(name) ? $"\"{name}\" is not one identity" : $"\"{text}\" is nothing known", Fix);
    }
}
