using System.Globalization;
using System.Text.RegularExpressions;
using Axoneme.Datapath.Attachment;
using Axoneme.Datapath.Loading;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;

namespace Axoneme.Datapath.Removal;

/// <summary>
/// Takes everything of a node's off the calling thread's network namespace and out of its bpffs directory, whether or not its agent ever ended
/// well. It needs nothing but the directory's name: what belongs to the node is told by names that follow from it, by pins, and by the protocol
/// number of routes. Nodes that share the namespace keep theirs. While it lives no agent can start on the directory.
/// </summary>
public sealed partial class NodeRemoval : IDisposable
{
    private readonly string _bpfRoot;
    private readonly string? _settingsFile;
    private readonly PinDirectory? _pins;
    private readonly RouteSocket _socket = RouteSocket.Open();
    private readonly List<(RemovalItem Item, Action Remove)> _steps = [];

    private NodeRemoval(string bpfRoot, string? settingsFile, PinDirectory? pins)
    {
        (_bpfRoot, _settingsFile, _pins) = (bpfRoot, settingsFile, pins);
        var hostDevice = NodeDevices.HostDeviceOf(bpfRoot);
        var links = _socket.Links();
        var isAlone = !links.Any(link => NodeDevices.IsOfAnotherNode(link.Name, hostDevice));
        PlanPods(links, isAlone);
        PlanHealthNamespace();
        PlanRoutes(links, isAlone, hostDevice);
        PlanDevices(links, hostDevice);
        PlanFilters(links);
        PlanPins();
        PlanSettings(isAlone);
    }

    /// <summary>What there is to take away, in the order in which it goes: pods' interfaces before what judges their packets.</summary>
    public IReadOnlyList<RemovalItem> Found => [.. _steps.Select(step => step.Item)];

    /// <summary>Looks for what is left of a node.</summary>
    /// <param name="bpfRoot">The node's bpffs directory; it need not exist any more.</param>
    /// <param name="stateDirectory">Where the node remembered kernel settings, null when that is not known.</param>
    /// <exception cref="KernelException">An agent holds the directory.</exception>
    public static NodeRemoval Open(string bpfRoot, string? stateDirectory)
    {
        ExpeditedGracePeriods.RestoreLeftOver();
        bpfRoot = Path.TrimEndingDirectorySeparator(Path.GetFullPath(bpfRoot));
        var pins = Directory.Exists(bpfRoot) ? PinDirectory.Open(bpfRoot) : null;
        try
        {
            return new NodeRemoval(bpfRoot, stateDirectory is null ? null : KernelSettingsFile.Find(stateDirectory), pins);
        }
        catch
        {
            pins?.Dispose();
            throw;
        }
    }

    /// <summary>Takes it away. What cannot be taken keeps nothing else; it comes back with the reason.</summary>
    public IReadOnlyList<RemovalItem> Run()
    {
        var results = new List<RemovalItem>();
        foreach (var (item, remove) in _steps)
        {
            try
            {
                remove();
                results.Add(item);
            }
            catch (Exception exception) when (exception is KernelException or IOException or UnauthorizedAccessException)
            {
                results.Add(item with { Problem = exception.Message });
            }
        }

        return results;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _pins?.Dispose();
    }

    [GeneratedRegex("^lxc[0-9a-f]{12}$")]
    private static partial Regex PodInterfaceName { get; }

    private void Plan(string kind, string name, Action remove) => _steps.Add((new RemovalItem(kind, name), remove));

    private void PlanHealthNamespace()
    {
        var name = NodeDevices.HealthNamespaceOf(_bpfRoot);
        if (File.Exists(Path.Combine(NetworkNamespace.Directory, name)))
        {
            Plan("namespace", name, () => NetworkNamespace.Delete(name));
        }
    }

    /// <summary>Pins say which interfaces are pods'. Without them it is the name with the neighbour entry that only we make permanent.</summary>
    private void PlanPods(IReadOnlyList<LinkInfo> links, bool isAlone)
    {
        var pinned = PinsIn("links").Where(pin => pin.EndsWith("_from_pod", StringComparison.Ordinal) || pin.EndsWith("_to_pod", StringComparison.Ordinal))
            .Select(pin => uint.Parse(pin.Split('_')[0], CultureInfo.InvariantCulture)).ToHashSet();
        var withNeighbour = _socket.Neighbours().Where(neighbour => neighbour.IsPermanent).Select(neighbour => neighbour.Ifindex).ToHashSet();
        foreach (var link in links.Where(link => link.Kind == "veth" && PodInterfaceName.IsMatch(link.Name)))
        {
            if (pinned.Contains(link.Index) || isAlone && withNeighbour.Contains(link.Index))
            {
                Plan("interface", link.Name, () => _socket.DeleteLink(link.Index));
            }
        }
    }

    private void PlanRoutes(IReadOnlyList<LinkInfo> links, bool isAlone, string hostDevice)
    {
        var tunnel = links.FirstOrDefault(link => link.Name == NodeDevices.TunnelDeviceOf(_bpfRoot));
        var host = links.FirstOrDefault(link => link.Name == hostDevice);
        var routers = host is null ? [] : _socket.Addresses(host.Index).Select(address => address.Address).ToHashSet();
        foreach (var route in _socket.Routes().Where(route => route.Protocol == RouteInfo.OurProtocol))
        {
            if (isAlone || route.Ifindex == tunnel?.Index || route.Source is { } source && routers.Contains(source))
            {
                Plan("route", $"{route.Destination}{(route.Gateway is null ? "" : $" via {route.Gateway}")} dev {links.FirstOrDefault(link => link.Index == route.Ifindex)?.Name}",
                    () => _socket.Execute(new RouteBatch().RemoveRoute(route)));
            }
        }
    }

    private void PlanDevices(IReadOnlyList<LinkInfo> links, string hostDevice)
    {
        foreach (var link in links.Where(link => link.Name == hostDevice || link.Name == NodeDevices.TunnelDeviceOf(_bpfRoot)))
        {
            var addresses = _socket.Addresses(link.Index).Where(address => !address.Address.IsIPv6LinkLocal).Select(address => address.Address.ToString());
            Plan("interface", string.Join(' ', addresses.Prepend(link.Name)), () => _socket.DeleteLink(link.Index));
        }
    }

    /// <summary>Filters of kernels without tcx hang on interfaces and need no pins.</summary>
    private void PlanFilters(IReadOnlyList<LinkInfo> links)
    {
        foreach (var role in Enum.GetValues<InterfaceRole>())
        {
            var clsact = ClsactAttachment.WithoutPrograms(role, _bpfRoot);
            foreach (var ifindex in clsact.PartlyAttached())
            {
                Plan("program", $"{InterfacePrograms.FromNameOf(role)}, {InterfacePrograms.ToNameOf(role)} on {links.FirstOrDefault(link => link.Index == ifindex)?.Name}", () => clsact.Detach(ifindex));
            }
        }
    }

    private void PlanPins()
    {
        foreach (var (directory, kind) in new[] { ("links", "link"), ("programs", "program"), ("maps", "map") })
        {
            foreach (var pin in PinsIn(directory).Order(StringComparer.Ordinal))
            {
                var path = Path.Combine(_bpfRoot, directory, pin);
                Plan(kind, path, () => Unpin(path, isLink: kind == "link"));
            }
        }

        if (_pins is { } pins)
        {
            Plan("pins", _bpfRoot, pins.Remove);
        }
    }

    /// <summary>A link is detached, too: another process might hold it open.</summary>
    private static void Unpin(string path, bool isLink)
    {
        using var link = isLink ? BpfObjectCalls.OpenPinned(path) : null;
        var result = link is null ? 0 : BpfLinkCalls.Detach(link);
        if (result < 0 && result != -Errno.NoLink)
        {
            throw KernelException.For($"link {path}", "detach", -result);
        }

        FileSystem.Remove(path);
    }

    private void PlanSettings(bool isAlone)
    {
        if (_settingsFile is null || !isAlone)
        {
            return; // another node in this namespace needs them
        }

        foreach (var (path, value) in ForwardingSettings.InOrderOfRestoring(KernelSettingsFile.Read(_settingsFile)))
        {
            Plan("setting", $"{path} = {value}", () => ForwardingSettings.Restore(path, value));
        }

        Plan("file", _settingsFile, () => File.Delete(_settingsFile));
    }

    private IEnumerable<string> PinsIn(string directory) =>
        _pins is null ? [] : Directory.GetFiles(Path.Combine(_bpfRoot, directory)).Select(path => Path.GetFileName(path));
}
