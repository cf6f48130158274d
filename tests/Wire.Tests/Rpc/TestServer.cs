using Axoneme.Wire.Rpc;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.Wire.Tests.Rpc;

/// <summary>A server on a socket of its own, and a channel to it. Cursors are its requests, configuration values its answers.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Service = "axoneme.test.Echo";
    public static readonly RpcMethod<Cursor, ConfigRecord> Unary = new(Service, "Unary", Cursor.Parser, ConfigRecord.Parser);
    public static readonly RpcMethod<Cursor, ConfigRecord> Stream = new(Service, "Stream", Cursor.Parser, ConfigRecord.Parser);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("axw");
    private readonly List<IDisposable> _made = [];
    private RpcServer? _server;

    public string SocketPath => Path.Combine(_directory.FullName, "rpc.sock");

    public Func<Cursor, CancellationToken, Task<ConfigRecord>> OnUnary { get; init; } =
        (cursor, _) => Task.FromResult(new ConfigRecord { Value = $"revision {cursor.Revision}" });

    public Func<Cursor, CancellationToken, IAsyncEnumerable<ConfigRecord>> OnStream { get; init; } = (cursor, _) => CountAsync((int)cursor.Revision);

    public RpcServerOptions Options { get; init; } = new() { SocketPath = "" };

    public async Task<TestServer> StartAsync()
    {
        _server = await RpcServer.StartAsync(
            Options with { SocketPath = SocketPath }, [RpcHandler.Unary(Unary, OnUnary), RpcHandler.ServerStream(Stream, OnStream)],
            NullLoggerFactory.Instance, CancellationToken.None);
        return this;
    }

    public RpcChannel Channel(RpcChannelOptions? options = null)
    {
        var channel = RpcChannel.ToUnixSocket(SocketPath, options);
        _made.Add(channel);
        return channel;
    }

    public async Task StopAsync()
    {
        await _server!.DisposeAsync();
        _server = null;
    }

    public async ValueTask DisposeAsync()
    {
        _made.ForEach(made => made.Dispose());
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    public static async IAsyncEnumerable<ConfigRecord> CountAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return new ConfigRecord { Value = $"{i}" };
        }
    }
}
