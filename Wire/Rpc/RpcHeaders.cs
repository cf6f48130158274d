using System.Globalization;
using System.Text;

namespace Axoneme.Wire.Rpc;

/// <summary>What gRPC puts into HTTP headers and trailers, and how.</summary>
internal static class RpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";

    /// <summary>Longer reasons are cut: a peer that limits its headers would refuse the whole answer.</summary>
    private const int MaxMessageLength = 4096;

    // The specification gives a timeout eight digits; the largest that needs no larger unit.
    private const long MaxTimeout = 99_999_999;

    // The longest that timers take is some 49 days; who waits for longer waits without a deadline.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    public static bool IsContentType(string? value) =>
        value is not null && value.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (value.Length == ContentType.Length || value[ContentType.Length] is '+' or ';');

    /// <summary>Percent-encoding of UTF-8: all but printable ASCII.</summary>
    public static string EncodeMessage(string text)
    {
        var encoded = new StringBuilder();
        foreach (var one in Encoding.UTF8.GetBytes(text.Length > MaxMessageLength ? text[..MaxMessageLength] : text))
        {
            _ = one is >= 0x20 and <= 0x7e and not (byte)'%' ? encoded.Append((char)one) : encoded.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
        }

        return encoded.ToString();
    }

    /// <summary>What is wrongly encoded stays as it is: the specification forbids to lose the text.</summary>
    public static string DecodeMessage(string encoded) => Uri.UnescapeDataString(encoded);

    public static string EncodeTimeout(TimeSpan timeout)
    {
        var milliseconds = Math.Max(1, (long)timeout.TotalMilliseconds);
        return milliseconds <= MaxTimeout
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min(MaxTimeout, milliseconds / 1000)}S");
    }

    /// <returns>The time, infinite when it is longer than timers take.</returns>
    /// <exception cref="RpcException">The header is malformed.</exception>
    public static TimeSpan DecodeTimeout(string text)
    {
        if (text.Length is >= 2 and <= 9 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var unit = text[^1] switch
            {
                'H' => TimeSpan.TicksPerHour,
                'M' => TimeSpan.TicksPerMinute,
                'S' => TimeSpan.TicksPerSecond,
                'm' => TimeSpan.TicksPerMillisecond,
                'u' => TimeSpan.TicksPerMicrosecond,
                'n' => 0,
                _ => -1,
            };
            if (unit >= 0)
            {
                var time = unit == 0 ? TimeSpan.FromTicks(number / 100) : TimeSpan.FromTicks(number * unit);
                return time > LongestTimer ? System.Threading.Timeout.InfiniteTimeSpan : time;
            }
        }

        throw new RpcException(RpcStatus.Internal, $"{Timeout} \"{text}\" is no time; it is up to eight digits and a unit of H, M, S, m, u, n");
    }

    /// <summary>What the specification makes of an HTTP status other than 200, and of an answer that is not gRPC's.</summary>
    public static RpcStatus FromHttp(int status) => status switch
    {
        400 => RpcStatus.Internal,
        401 => RpcStatus.Unauthenticated,
        403 => RpcStatus.PermissionDenied,
        404 => RpcStatus.Unimplemented,
        429 or 502 or 503 or 504 => RpcStatus.Unavailable,
        _ => RpcStatus.Unknown,
    };

    /// <summary>
    /// What the specification makes of an HTTP/2 error code. It makes <see cref="RpcStatus.Internal"/> of PROTOCOL_ERROR, which is also what .NET's
    /// client calls a peer that does not answer pings: that one is gone.
    /// </summary>
    public static RpcStatus FromHttp2Error(long code) => code switch
    {
        0x1 => RpcStatus.Unavailable,
        0x0 or 0x7 => RpcStatus.Unavailable, // NO_ERROR: the peer closes; REFUSED_STREAM: not processed
        0x8 => RpcStatus.Cancelled,
        0xb => RpcStatus.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => RpcStatus.PermissionDenied, // INADEQUATE_SECURITY
        _ => RpcStatus.Internal,
    };
}
