using Axoneme.Datapath.Native;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>
/// An rtnetlink client for one network namespace: the one of the thread that opened it, for its whole life, whichever
/// thread uses it. Safe for several threads, one operation at a time.
/// </summary>
public sealed class RouteSocket : IDisposable
{
    private const int MaximumDumpAttempts = 10;
    private readonly NetlinkClient _client = new("rtnetlink", NetlinkTransport.Route);

    private RouteSocket()
    {
    }

    /// <summary>Opens a client for the calling thread's namespace.</summary>
    public static RouteSocket Open() => new();

    /// <summary>Opens a client for a namespace.</summary>
    public static RouteSocket OpenIn(NetworkNamespace networkNamespace) => networkNamespace.Run(static () => new RouteSocket());

    /// <summary>Sends every change of a batch and waits for the kernel's answers; throws the first refusal, after all were tried.</summary>
    public void Execute(RouteBatch batch)
    {
        if (batch.Operations.Count > 0)
        {
            _client.Execute(batch.Writer, batch.Operations);
        }
    }

    /// <summary>Makes a veth pair and returns our end.</summary>
    public LinkInfo CreateVeth(VethPair pair)
    {
        Execute(new RouteBatch().CreateVeth(pair));
        return FindLink(pair.Name) ?? throw new KernelException($"interface {pair.Name}: gone right after it was made");
    }

    /// <summary>Deletes an interface; false when there is none.</summary>
    public bool DeleteLink(uint ifindex)
    {
        try
        {
            Execute(new RouteBatch().DeleteLink(ifindex));
            return true;
        }
        catch (KernelException exception) when (exception.ErrorNumber is Errno.NoDevice or Errno.NoSuchDeviceOrAddress)
        {
            return false;
        }
    }

    /// <summary>Deletes an interface; false when there is none.</summary>
    public bool DeleteLink(string name) => FindLink(name) is { } link && DeleteLink(link.Index);

    /// <summary>Looks an interface up by name; null when there is none.</summary>
    public LinkInfo? FindLink(string name) => FindLink(0, name);

    /// <summary>Looks an interface up by index; null when there is none.</summary>
    public LinkInfo? FindLink(uint ifindex) => FindLink(ifindex, null);

    /// <summary>Every interface.</summary>
    public IReadOnlyList<LinkInfo> Links() =>
        DumpAll("list interfaces", GetLink, new NetlinkBodies.Link(), NewLink, RouteMessages.Link);

    /// <summary>Every address, or those of one interface.</summary>
    public IReadOnlyList<AddressInfo> Addresses(uint? ifindex = null) =>
        DumpAll("list addresses", GetAddress, new NetlinkBodies.Address { Index = ifindex ?? 0 }, NewAddress, RouteMessages.Address);

    /// <summary>Every unicast route of the main table.</summary>
    public IReadOnlyList<RouteInfo> Routes() =>
        DumpAll("list routes", GetRoute, new NetlinkBodies.Route { Table = MainTable }, NewRoute, RouteMessages.Route);

    /// <summary>Every neighbour entry.</summary>
    public IReadOnlyList<NeighbourInfo> Neighbours() =>
        DumpAll("list neighbours", GetNeighbour, new NetlinkBodies.Neighbour(), NewNeighbour, RouteMessages.Neighbour);

    public void Dispose() => _client.Dispose();

    /// <summary>Asks for a list and reads it; null from <paramref name="read"/> leaves a message out. Begins anew when it changed meanwhile.</summary>
    internal IReadOnlyList<T> DumpAll<TBody, T>(string operation, ushort request, TBody body, ushort answer, RouteMessages.Reader<T> read)
        where TBody : unmanaged
        where T : class
    {
        for (var attempt = 1; ; attempt++)
        {
            var writer = new NetlinkWriter();
            writer.Begin(request, Request | Dump, 1).Body(body);
            List<T> items = [];
            var changed = _client.Exchange(operation, writer, (type, message) =>
            {
                if (type == answer && read(message) is { } item)
                {
                    items.Add(item);
                }
            });
            if (!changed || attempt == MaximumDumpAttempts)
            {
                return items;
            }
        }
    }

    private LinkInfo? FindLink(uint ifindex, string? name)
    {
        var writer = new NetlinkWriter();
        writer.Begin(GetLink, Request | Acknowledge, 1).Body(new NetlinkBodies.Link { Index = ifindex });
        if (name is not null)
        {
            writer.Attribute(LinkName, name);
        }

        LinkInfo? found = null;
        try
        {
            _client.Exchange($"find interface {name ?? $"{ifindex}"}", writer, (type, message) => found = type == NewLink ? RouteMessages.Link(message) : found);
        }
        catch (KernelException exception) when (exception.ErrorNumber is Errno.NoDevice or Errno.NoSuchDeviceOrAddress)
        {
            return null;
        }

        return found;
    }
}
