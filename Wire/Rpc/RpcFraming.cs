using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Axoneme.Wire.Rpc;

/// <summary>
/// Messages in an HTTP body: one byte that says whether it is compressed (never here), the length in four bytes, big end first, the
/// message. (gRPC over HTTP/2, "Length-Prefixed-Message".)
/// </summary>
internal static class RpcFraming
{
    public const int PrefixLength = 5;

    /// <exception cref="RpcException">The message is larger than the limit (<see cref="RpcStatus.ResourceExhausted"/>).</exception>
    public static void Write(IBufferWriter<byte> output, IMessage message, int maxMessageBytes)
    {
        var length = message.CalculateSize();
        if (length > maxMessageBytes)
        {
            throw new RpcException(RpcStatus.ResourceExhausted, $"a {message.Descriptor.Name} of {length} bytes is not sent, {maxMessageBytes} are allowed");
        }

        var prefix = output.GetSpan(PrefixLength);
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)length);
        output.Advance(PrefixLength);
        message.WriteTo(output);
    }

    /// <summary>Reads the next message. Holds no more of the body than that message and what arrived with it.</summary>
    /// <returns>Null when the body ended before it.</returns>
    /// <exception cref="RpcException">The message is too large, compressed, cut off or no such message.</exception>
    public static async ValueTask<T?> ReadAsync<T>(PipeReader input, MessageParser<T> parser, int maxMessageBytes, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var needed = PrefixLength;
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (buffer.Length >= PrefixLength)
            {
                needed = PrefixLength + LengthOf(buffer, maxMessageBytes);
            }

            if (buffer.Length >= needed && buffer.Length >= PrefixLength)
            {
                var message = Parse(parser, buffer.Slice(PrefixLength, needed - PrefixLength));
                input.AdvanceTo(buffer.GetPosition(needed));
                return message;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return buffer.IsEmpty
                    ? null
                    : throw new RpcException(RpcStatus.Internal, $"the body ended within a message: {buffer.Length} of {needed} bytes");
            }
        }
    }

    private static int LengthOf(ReadOnlySequence<byte> buffer, int maxMessageBytes)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return prefix[0] != 0
            ? throw new RpcException(RpcStatus.Unimplemented, $"the message's first byte is {prefix[0]}; compressed messages are not understood")
            : length > maxMessageBytes
                ? throw new RpcException(RpcStatus.ResourceExhausted, $"a message of {length} bytes is not read, {maxMessageBytes} are allowed")
                : (int)length;
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySequence<byte> bytes)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new RpcException(RpcStatus.Internal, $"the bytes are no {typeof(T).Name}: {failure.Message}", inner: failure);
        }
    }
}
