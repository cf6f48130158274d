using Axoneme.Datapath.Native;
using static Axoneme.Datapath.Network.NetlinkConstants;

namespace Axoneme.Datapath.Network;

/// <summary>
/// Asks one part of the kernel and reads its answers, in the network namespace of the thread that made it. Safe for several threads, one operation at a time.
/// </summary>
/// <param name="name">The part, for errors, for example <c>rtnetlink</c>.</param>
/// <param name="protocol">Its number (NETLINK_*).</param>
internal sealed class NetlinkClient(string name, int protocol) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly NetlinkTransport _transport = new(protocol);
    private readonly byte[] _buffer = new byte[64 << 10];

    /// <summary>Takes an answer that is neither an acknowledgement nor the end of a list.</summary>
    internal delegate void MessageReader(ushort type, ReadOnlySpan<byte> message);

    /// <summary>Sends messages at once and waits for the acknowledgement of each; throws the first refusal, after all were tried.</summary>
    /// <param name="requests">Message i has sequence number i + 1.</param>
    /// <param name="operations">What each is about, for errors.</param>
    public void Execute(NetlinkWriter requests, IReadOnlyList<string> operations)
    {
        KernelException? refusal = null;
        lock (_lock)
        {
            _transport.Send(requests.Written);
            for (var answered = 0; answered < operations.Count;)
            {
                Receive((header, body) =>
                {
                    if (header.Type != MessageError)
                    {
                        return;
                    }

                    answered++;
                    var error = NetlinkMessages.ErrorOf(name, header, body);
                    if (error != 0)
                    {
                        refusal ??= KernelException.For(name, operations[(int)header.Sequence - 1], error, NetlinkMessages.ErrorTextOf(header, body));
                    }
                });
            }
        }

        if (refusal is not null)
        {
            throw refusal;
        }
    }

    /// <summary>Sends one message and reads answers up to the acknowledgement or the list's end; true when the list changed meanwhile.</summary>
    public bool Exchange(string operation, NetlinkWriter request, MessageReader onMessage)
    {
        KernelException? refusal = null;
        var done = false;
        var changed = false;
        lock (_lock)
        {
            _transport.Send(request.Written);
            while (!done)
            {
                Receive((header, body) =>
                {
                    changed |= (header.Flags & DumpInterrupted) != 0;
                    if (header.Type is MessageError or MessageDone)
                    {
                        done = true;
                        var error = NetlinkMessages.ErrorOf(name, header, body);
                        refusal = error == 0 ? refusal : KernelException.For(name, operation, error, NetlinkMessages.ErrorTextOf(header, body));
                    }
                    else
                    {
                        onMessage(header.Type, body);
                    }
                });
            }
        }

        return refusal is null ? changed : throw refusal;
    }

    public void Dispose() => _transport.Dispose();

    private void Receive(NetlinkMessages.Reader onMessage) => NetlinkMessages.ForEach(name, _buffer.AsSpan(0, _transport.Receive(_buffer)), onMessage);
}
