using System.Runtime.InteropServices;
using Axoneme.Datapath.Native;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>The clsact queueing discipline and its BPF filters, for kernels without tcx. Ours are priority 1, handle 1.</summary>
internal static class TrafficControl
{
    private const uint ClsactParent = 0xFFFF_FFF1;
    private const uint ClsactHandle = 0xFFFF_0000;
    private const uint FilterHandle = 1;
    private const uint PriorityOneAnyProtocol = 1 << 16 | 0x0300; // ETH_P_ALL in network byte order

    /// <summary>Adds the discipline to an interface; no effect when it is there.</summary>
    public static void EnsureClsact(RouteSocket socket, uint ifindex)
    {
        var batch = new RouteBatch();
        batch.Begin($"add clsact to interface {ifindex}", NewQueueDiscipline, Create | Exclusive)
            .Body(new NetlinkBodies.Traffic { Index = ifindex, Handle = ClsactHandle, Parent = ClsactParent })
            .Attribute(TrafficKind, "clsact");
        try
        {
            socket.Execute(batch);
        }
        catch (KernelException exception) when (exception.ErrorNumber == Errno.Exists)
        {
            // Another's or our own from before: filters are told apart by handle and name.
        }
    }

    /// <summary>Attaches a program, or puts it in the place of the one before: each packet sees the old one or the new one.</summary>
    public static void ReplaceFilter(RouteSocket socket, uint ifindex, TrafficHook hook, FileDescriptor program, string name)
    {
        using var lease = program.Acquire();
        var number = lease.Number;
        var batch = new RouteBatch();
        batch.Begin($"attach {name} to interface {ifindex} {hook}", NewFilter, Create | (HasOurs(socket, ifindex, hook, name) ? Replace : Exclusive))
            .Body(Message(ifindex, hook))
            .Attribute(TrafficKind, "bpf")
            .Nest(TrafficOptions | NestedFlag, options => options
                .Attribute(BpfDescriptor, number)
                .Attribute(BpfName, name)
                .Attribute(BpfFlags, DirectAction));
        socket.Execute(batch);
    }

    /// <summary>Removes our filter; false when there is none, or no interface.</summary>
    public static bool DeleteOurs(RouteSocket socket, uint ifindex, TrafficHook hook, string name)
    {
        if (!HasOurs(socket, ifindex, hook, name))
        {
            return false;
        }

        var batch = new RouteBatch();
        batch.Begin($"detach {name} from interface {ifindex} {hook}", DeleteFilter, 0).Body(Message(ifindex, hook)).Attribute(TrafficKind, "bpf");
        socket.Execute(batch);
        return true;
    }

    /// <summary>Whether our filter is on an interface.</summary>
    public static bool HasOurs(RouteSocket socket, uint ifindex, TrafficHook hook, string name)
    {
        try
        {
            return socket.DumpAll($"list filters of interface {ifindex}", GetFilter, new NetlinkBodies.Traffic { Index = ifindex, Parent = (uint)hook }, NewFilter, NameOfOurs).Contains(name);
        }
        catch (KernelException exception) when (exception.ErrorNumber is Errno.NoDevice or Errno.Invalid or Errno.NoEntry)
        {
            return false; // no interface, or no clsact on it
        }
    }

    /// <summary>Interfaces that have a clsact.</summary>
    public static IReadOnlyList<uint> InterfacesWithClsact(RouteSocket socket) =>
        [.. socket.DumpAll("list queueing disciplines", GetQueueDiscipline, new NetlinkBodies.Traffic(), NewQueueDiscipline, ClsactInterface).Select(found => found.Value)];

    private static NetlinkBodies.Traffic Message(uint ifindex, TrafficHook hook) =>
        new() { Index = ifindex, Parent = (uint)hook, Handle = FilterHandle, Info = PriorityOneAnyProtocol };

    private static Boxed? ClsactInterface(ReadOnlySpan<byte> message)
    {
        var body = MemoryMarshal.Read<NetlinkBodies.Traffic>(message);
        return body.Parent == ClsactParent && body.Handle == ClsactHandle ? new Boxed(body.Index) : null;
    }

    private static string? NameOfOurs(ReadOnlySpan<byte> message)
    {
        if (MemoryMarshal.Read<NetlinkBodies.Traffic>(message).Handle != FilterHandle)
        {
            return null;
        }

        var attributes = RouteMessages.AttributesAfter<NetlinkBodies.Traffic>(message);
        while (attributes.Next())
        {
            if (attributes.Type == TrafficOptions)
            {
                var options = new NetlinkAttributes(attributes.Value);
                while (options.Next())
                {
                    if (options.Type == BpfName)
                    {
                        return options.Text;
                    }
                }
            }
        }

        return null;
    }

    private sealed record Boxed(uint Value);
}
