using System.Collections.Frozen;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Axoneme.Wire.Rpc;

/// <summary>
/// gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) on a Unix socket: HTTP/2 without TLS from the first byte, as the
/// socket's mode keeps others out.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class RpcServer : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly RpcServerOptions _options;
    private readonly FrozenDictionary<string, RpcHandler> _handlers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger;
    private readonly WebApplication _app;

    private RpcServer(RpcServerOptions options, IEnumerable<RpcHandler> handlers, string bindTo, ILoggerFactory loggers)
    {
        (_options, _logger) = (options, loggers.CreateLogger<RpcServer>());
        _handlers = handlers.ToFrozenDictionary(handler => handler.Path, StringComparer.Ordinal);
        _app = Build(bindTo, loggers);
        _app.Run(ServeAsync);
    }

    public string SocketPath => _options.SocketPath;

    /// <summary>Opens the socket; calls are answered when it returns.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="handlers">What it answers; anything else is <see cref="RpcStatus.Unimplemented"/>.</param>
    /// <param name="loggers">Told of handlers that failed.</param>
    /// <param name="cancellationToken">Cancels starting.</param>
    /// <exception cref="IOException">The socket cannot be made; the message names it.</exception>
    public static async Task<RpcServer> StartAsync(RpcServerOptions options, IEnumerable<RpcHandler> handlers, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(options.SocketPath);
        var hidden = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.new");
        var aside = Path.Combine(hidden, "s");
        RpcServer? server = null;
        try
        {
            // Bound in a directory only the owner may enter and moved when its mode is right: nobody else can connect in between.
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Directory.CreateDirectory(hidden, OwnerOnly | UnixFileMode.UserExecute);
            File.Delete(aside);
            server = new RpcServer(options with { SocketPath = path }, handlers, aside, loggers);
            await server._app.StartAsync(cancellationToken).ConfigureAwait(false);
            File.SetUnixFileMode(aside, OwnerOnly);
            File.Move(aside, path, overwrite: true);
            Directory.Delete(hidden);
            return server;
        }
        catch (Exception failure)
        {
            if (server is not null)
            {
                await server._app.DisposeAsync().ConfigureAwait(false);
            }

            if (failure is IOException or UnauthorizedAccessException or ArgumentException or SocketException)
            {
                throw new IOException($"socket {path}: {failure.Message}", failure);
            }

            throw;
        }
    }

    /// <summary>Ends running calls with <see cref="RpcStatus.Unavailable"/> and closes the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        File.Delete(SocketPath);
        await _stopping.CancelAsync().ConfigureAwait(false);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(patience.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private WebApplication Build(string bindTo, ILoggerFactory loggers)
    {
        // Empty: neither the environment's URLs nor a settings file nor signals are this server's business.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // messages are measured one by one
            kestrel.Limits.Http2.KeepAlivePingDelay = _options.KeepAliveDelay;
            kestrel.Limits.Http2.KeepAlivePingTimeout = _options.KeepAliveTimeout;

            // A stream is slow for as long as there is little to say; the dead are told by their silence to pings.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenUnixSocket(bindTo, listen => listen.Protocols = HttpProtocols.Http2);
        });
        return builder.Build();
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Method != "POST" || !RpcHeaders.IsContentType(context.Request.ContentType))
        {
            context.Response.StatusCode = context.Request.Method != "POST" ? StatusCodes.Status405MethodNotAllowed : StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        context.Response.ContentType = RpcHeaders.ContentType;
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        var (status, detail) = (RpcStatus.Ok, "");
        try
        {
            if (!_handlers.TryGetValue(context.Request.Path, out var handler))
            {
                throw new RpcException(RpcStatus.Unimplemented, $"there is no method {context.Request.Path}; are both sides of one version?");
            }

            if (context.Request.Headers.TryGetValue(RpcHeaders.Timeout, out var timeout))
            {
                cancellation.CancelAfter(RpcHeaders.DecodeTimeout(timeout.ToString()));
            }

            await handler.ServeAsync(context.Request.BodyReader, context.Response.BodyWriter, _options.MaxMessageBytes, cancellation.Token).ConfigureAwait(false);
            cancellation.Token.ThrowIfCancellationRequested();
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            return; // The caller left; nobody reads an answer.
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            (status, detail) = StatusOf(context.Request.Path, failure, cancellation.Token);
        }

        context.Response.AppendTrailer(RpcHeaders.Status, ((int)status).ToString(CultureInfo.InvariantCulture));
        if (detail.Length > 0)
        {
            context.Response.AppendTrailer(RpcHeaders.Message, RpcHeaders.EncodeMessage(detail));
        }
    }

    private (RpcStatus Status, string Detail) StatusOf(string method, Exception failure, CancellationToken cancellation)
    {
        if (failure is RpcException own)
        {
            return (own.Status, own.Detail);
        }

        if (failure is OperationCanceledException && cancellation.IsCancellationRequested)
        {
            return _stopping.IsCancellationRequested
                ? (RpcStatus.Unavailable, "the server is stopping")
                : (RpcStatus.DeadlineExceeded, "the caller's deadline passed");
        }

        if (_options.StatusOf(failure) is { } known)
        {
            return (known, failure.Message);
        }

        Log.Failed(_logger, method, failure);
        return (RpcStatus.Internal, failure.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Call {Method} failed", EventName = "CallFailed")]
        public static partial void Failed(ILogger logger, string method, Exception exception);
    }
}
