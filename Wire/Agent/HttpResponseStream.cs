using System.Globalization;
using System.Text;

namespace Axoneme.Wire.Agent;

/// <summary>
/// Reads one HTTP/1.1 response from a connection: the head on construction, then the body as a stream, be it delimited by
/// Content-Length, by chunks or by the end of the connection (RFC 9112 §6, §7.1). A body that ends early is an <see cref="IOException"/>.
/// </summary>
internal sealed class HttpResponseStream : Stream
{
    // Not a BufferedStream: that one waits for more when its buffer satisfies a read only in part.
    private readonly byte[] _buffer = new byte[8192];
    private readonly Stream _connection;
    private int _start;
    private int _end;
    private bool _chunked;

    /// <summary>Bytes left of the body or of the current chunk; null: until the connection ends.</summary>
    private long? _left;
    private bool _ended;

    public HttpResponseStream(Stream connection)
    {
        _connection = connection;
        ReadHead();
    }

    public int Status { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        if (_ended || buffer.IsEmpty)
        {
            return 0;
        }

        if (_left == 0 && !NextChunk())
        {
            _ended = true;
            return 0;
        }

        var read = ReadBuffered(_left is { } left && left < buffer.Length ? buffer[..(int)left] : buffer);
        if (read == 0)
        {
            _ended = true;
            return _left is null ? 0 : throw new EndOfStreamException("the agent closed the connection in the middle of its answer");
        }

        _left -= read;
        if (_chunked && _left == 0)
        {
            ReadLine();
        }

        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _connection.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ReadHead()
    {
        var statusLine = ReadLine();
        var parts = statusLine.Split(' ', 3);
        if (parts.Length < 2 || !parts[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new IOException($"not an HTTP answer: \"{statusLine}\"");
        }

        Status = status;
        while (ReadLine() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? "" : line[..colon];
            var value = line[(colon + 1)..].Trim();
            if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase) && value.Equals("chunked", StringComparison.OrdinalIgnoreCase))
            {
                (_chunked, _left) = (true, 0);
            }
            else if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && !_chunked)
            {
                _left = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                    ? length
                    : throw new IOException($"\"{value}\" is not a Content-Length");
            }
        }
    }

    private bool NextChunk()
    {
        if (!_chunked)
        {
            return false;
        }

        var size = ReadLine().Split(';', 2)[0].Trim();
        _left = long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length)
            ? length
            : throw new IOException($"\"{size}\" is not a chunk size");
        return _left > 0;
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        Span<byte> next = stackalloc byte[1];
        while (true)
        {
            if (ReadBuffered(next) == 0)
            {
                throw new EndOfStreamException("the agent closed the connection before its answer was complete");
            }

            if (next[0] == '\n')
            {
                break;
            }

            line.Append((char)next[0]);
        }

        return line.ToString().TrimEnd('\r');
    }

    private int ReadBuffered(Span<byte> destination)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, _connection.Read(_buffer));
        }

        var count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        return count;
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
