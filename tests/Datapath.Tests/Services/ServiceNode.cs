using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Services;

/// <summary>
/// A node whose sockets are those of this process: for as long as it lives the process is in a cgroup that the node's programs are attached to. Backends are on loopback.
/// </summary>
internal sealed class ServiceNode : IDisposable
{
    public const byte Tcp = 6;
    public const byte Udp = 17;
    private readonly TestNode _node = new();
    private readonly string _before;

    public ServiceNode()
    {
        var root = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).First(fields => fields.Contains("cgroup2"))[4];
        _before = root + File.ReadLines("/proc/self/cgroup").First(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        Cgroup = Path.Combine(root, $"axt-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..6]}");
        try
        {
            Directory.CreateDirectory(Cgroup);
            Datapath = Open();
            Datapath.AttachSockets(Cgroup);
            Move(Cgroup);
            Namespace.Run(AddAddresses);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public NodeDatapath Datapath { get; private set; }

    /// <summary>The directory that the programs are attached to.</summary>
    public string Cgroup { get; }

    public NetworkNamespace Namespace => _node.Namespace;

    private ServiceMaps Maps => Datapath.Services;

    /// <summary>Ends the agent and starts it again.</summary>
    public void Restart()
    {
        Datapath.Dispose();
        Datapath = Open();
    }

    /// <summary>Enters a service for clients in the cluster; <paramref name="backends"/> may be empty.</summary>
    public ServiceEntry Add(IPEndPoint frontend, byte protocol, IReadOnlyList<IPEndPoint> backends, ServiceFlags flags = ServiceFlags.Internal, uint affinityTicks = 0, uint tableSize = 0) =>
        Maps.Add(frontend, protocol, backends, flags, affinityTicks, tableSize);

    /// <summary>The only backends that a table leads to.</summary>
    public void FillTable(uint pool, uint size, ushort slot)
    {
        for (var piece = 0u; piece * MaglevPiece.Length < size; piece++)
        {
            var entries = default(MaglevPiece);
            ((Span<ushort>)entries).Fill(slot);
            Maps.Maglev.Put(new MaglevKey(pool, piece), entries);
        }
    }

    /// <summary>Makes a socket in the node's namespace.</summary>
    public T Inside<T>(Func<T> make) => Namespace.Run(make);

    public void Dispose()
    {
        Move(_before);
        Datapath?.Dispose();
        _node.Dispose();
        Assert.True(SpinWait.SpinUntil(TryRemoveCgroup, 10_000), $"{Cgroup}: processes stay");
    }

    private static void AddAddresses()
    {
        using var socket = RouteSocket.Open();
        socket.Execute(new RouteBatch().AddAddress(1, IPAddress.Parse("fd00:5::1"), 128).AddAddress(1, IPAddress.Parse("fd00:5::2"), 128));

        // The kernel routes to a new IPv6 address a moment later, and may lose the way once more before it has it for good.
        var inARow = 0;
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                inARow = HasRoute("fd00:5::1") && HasRoute("fd00:5::2") ? inARow + 1 : 0;
                Thread.Sleep(2);
                return inARow == 10;
            },
            5000));
    }

    /// <summary>What other tests started meanwhile is in there, too, until it ends.</summary>
    private bool TryRemoveCgroup()
    {
        try
        {
            Directory.Delete(Cgroup);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true; // it was never made
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool HasRoute(string address)
    {
        try
        {
            using var socket = new TcpClient(AddressFamily.InterNetworkV6);
            socket.Connect(address, 9);
            return true;
        }
        catch (SocketException nobody)
        {
            return nobody.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    private static void Move(string cgroup) => File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), $"{Environment.ProcessId}");

    private NodeDatapath Open() => _node.Open(_node.Options with { Config = new DatapathConfig { NamespaceCookie = Namespace.Cookie() } });
}
