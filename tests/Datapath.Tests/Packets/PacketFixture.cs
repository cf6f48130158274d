using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Packets;

/// <summary>One loaded datapath and two interfaces, in a namespace of their own, for all cases of the table.</summary>
public sealed class PacketFixture : IDisposable
{
    private readonly TestNode _node = new();
    private readonly NodeDatapath _datapath;
    private readonly uint _client;
    private readonly uint _server;

    public PacketFixture()
    {
        _client = _node.AddPod().HostSide.Index;
        _server = _node.AddPod().HostSide.Index;
        _datapath = _node.Open();
    }

    /// <summary>Runs one case in the fixture's namespace, where its interfaces are.</summary>
    internal void Run(bool ipv6, Action<PacketWorld> test) =>
        _node.Namespace.Run(() => test(new PacketWorld(_datapath, ipv6, _client, _server).Reset()));

    /// <summary>More new connections than the ring has room for, with nobody reading.</summary>
    internal void FillEventRing(PacketWorld world)
    {
        var program = _datapath.TestRun("from_pod");
        for (ushort port = 10000; port < 12000; port++)
        {
            program.Run(world.ClientFrame(world.Tcp(port, 80, TcpFlags.Syn)), _client);
        }
    }

    public void Dispose()
    {
        _datapath.Dispose();
        _node.Dispose();
    }
}
