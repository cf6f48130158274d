using Axoneme.Wire.Rpc;
using Axoneme.Wire.State;

namespace Axoneme.Wire.Tests.Rpc;

public sealed class UnaryTests
{
    private static readonly Cursor _request = new() { Epoch = 7, Revision = 42 };

    [Fact]
    public async Task A_request_is_answered()
    {
        await using var server = await new TestServer().StartAsync();

        var answer = await server.Channel().CallAsync(TestServer.Unary, _request, CancellationToken.None);

        Assert.Equal("revision 42", answer.Value);
    }

    [Fact]
    public async Task An_empty_message_is_a_message()
    {
        await using var server = await new TestServer { OnUnary = (_, _) => Task.FromResult(new ConfigRecord()) }.StartAsync();

        Assert.Equal("", (await server.Channel().CallAsync(TestServer.Unary, new Cursor(), CancellationToken.None)).Value);
    }

    [Fact]
    public async Task Many_calls_share_one_connection_and_keep_apart()
    {
        await using var server = await new TestServer().StartAsync();
        var channel = server.Channel();

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => channel.CallAsync(TestServer.Unary, new Cursor { Revision = (ulong)i }, CancellationToken.None)));

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"revision {i}"), answers.Select(answer => answer.Value));
    }

    [Fact]
    public async Task The_socket_is_for_its_owner_only_and_gone_with_the_server()
    {
        await using var server = await new TestServer().StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.SocketPath));
        Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(server.SocketPath)!));

        await server.StopAsync();

        Assert.False(File.Exists(server.SocketPath));
    }

    [Fact]
    public async Task A_socket_that_a_killed_server_left_is_replaced()
    {
        await using var server = new TestServer();
        await File.WriteAllTextAsync(server.SocketPath, "");
        await server.StartAsync();

        Assert.Equal("revision 42", (await server.Channel().CallAsync(TestServer.Unary, _request, CancellationToken.None)).Value);
    }

    [Fact]
    public async Task A_socket_that_cannot_be_made_is_named()
    {
        var failure = await Assert.ThrowsAsync<IOException>(() => RpcServer.StartAsync(
            new RpcServerOptions { SocketPath = "/proc/none/rpc.sock" }, [], Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, CancellationToken.None));

        Assert.Contains("socket /proc/none/rpc.sock: ", failure.Message);
    }

    [Fact]
    public async Task A_path_nobody_serves_is_unimplemented()
    {
        await using var server = await new TestServer().StartAsync();
        var method = new RpcMethod<Cursor, ConfigRecord>(TestServer.Service, "Absent", Cursor.Parser, ConfigRecord.Parser);

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.Channel().CallAsync(method, _request, CancellationToken.None));

        Assert.Equal(RpcStatus.Unimplemented, failure.Status);
        Assert.Equal("/axoneme.test.Echo/Absent", failure.Method);
        Assert.Equal($"unix:{server.SocketPath}", failure.Peer);
        Assert.Contains("there is no method /axoneme.test.Echo/Absent", failure.Message);
    }

    public static TheoryData<Exception, RpcStatus, string> Failures => new()
    {
        { new RpcException(RpcStatus.FailedPrecondition, "the name is taken"), RpcStatus.FailedPrecondition, "the name is taken" },
        { new ArgumentException("no node named"), RpcStatus.InvalidArgument, "no node named" },
        { new InvalidOperationException("it broke"), RpcStatus.Internal, "it broke" },
        { new TimeoutException("busy"), RpcStatus.Unavailable, "busy" },
        { new RpcException(RpcStatus.Aborted, "100 % “lost”\nand a line; %41"), RpcStatus.Aborted, "100 % “lost”\nand a line; %41" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task What_a_handler_throws_arrives_as_status_and_reason(Exception thrown, RpcStatus status, string detail)
    {
        await using var server = await new TestServer
        {
            OnUnary = (_, _) => Task.FromException<ConfigRecord>(thrown),
            Options = new RpcServerOptions
            {
                SocketPath = "",
                StatusOf = failure => failure is TimeoutException ? RpcStatus.Unavailable : failure is ArgumentException ? RpcStatus.InvalidArgument : null,
            },
        }.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.Channel().CallAsync(TestServer.Unary, _request, CancellationToken.None));

        Assert.Equal((status, detail), (failure.Status, failure.Detail));
    }

    [Fact]
    public async Task A_reason_longer_than_headers_may_be_is_cut_and_not_lost()
    {
        await using var server = await new TestServer { OnUnary = (_, _) => throw new InvalidOperationException(new string('ü', 100_000)) }.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.Channel().CallAsync(TestServer.Unary, _request, CancellationToken.None));

        Assert.Equal(RpcStatus.Internal, failure.Status);
        Assert.StartsWith("üüü", failure.Detail);
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        var cancelled = new TaskCompletionSource();
        await using var server = await new TestServer
        {
            OnUnary = (cursor, token) => cursor.Revision == 0 ? Task.FromResult(new ConfigRecord()) : HangAsync(token, cancelled),
        }.StartAsync();
        var channel = server.Channel();
        await channel.CallAsync(TestServer.Unary, new Cursor(), CancellationToken.None);

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.CallAsync(TestServer.Unary, _request, CancellationToken.None, TimeSpan.FromSeconds(1)));

        Assert.Equal(RpcStatus.DeadlineExceeded, failure.Status);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_caller_that_gives_up_cancels_the_handler()
    {
        var cancelled = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        await using var server = await new TestServer
        {
            OnUnary = (_, token) =>
            {
                entered.SetResult();
                return HangAsync(token, cancelled);
            },
        }.StartAsync();
        using var stop = new CancellationTokenSource();
        var call = server.Channel().CallAsync(TestServer.Unary, _request, stop.Token);
        await entered.Task;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Nobody_there_is_unavailable_and_says_what_is_missing()
    {
        await using var server = new TestServer();
        var channel = server.Channel();

        var absent = await Assert.ThrowsAsync<RpcException>(() => channel.CallAsync(TestServer.Unary, _request, CancellationToken.None));
        Assert.Equal((RpcStatus.Unavailable, "the socket does not exist"), (absent.Status, absent.Detail));

        // The same channel finds a server that comes later, and notices one that goes.
        await server.StartAsync();
        Assert.Equal("revision 42", (await channel.CallAsync(TestServer.Unary, _request, CancellationToken.None)).Value);
        await server.StopAsync();
        Assert.Equal(RpcStatus.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => channel.CallAsync(TestServer.Unary, _request, CancellationToken.None))).Status);
        await server.StartAsync();
        Assert.Equal("revision 42", (await channel.CallAsync(TestServer.Unary, _request, CancellationToken.None)).Value);
    }

    [Fact]
    public async Task An_oversized_request_is_not_sent_and_not_read()
    {
        await using var server = await new TestServer { Options = new RpcServerOptions { SocketPath = "", MaxMessageBytes = 10 } }.StartAsync();
        var large = new Cursor { Epoch = ulong.MaxValue, Revision = ulong.MaxValue };

        var unsent = await Assert.ThrowsAsync<RpcException>(() =>
            server.Channel(new RpcChannelOptions { MaxMessageBytes = 10 }).CallAsync(TestServer.Unary, large, CancellationToken.None));
        var unread = await Assert.ThrowsAsync<RpcException>(() => server.Channel().CallAsync(TestServer.Unary, large, CancellationToken.None));

        Assert.Equal((RpcStatus.ResourceExhausted, "a Cursor of 20 bytes is not sent, 10 are allowed"), (unsent.Status, unsent.Detail));
        Assert.Equal((RpcStatus.ResourceExhausted, "a message of 20 bytes is not read, 10 are allowed"), (unread.Status, unread.Detail));
    }

    [Fact]
    public async Task An_oversized_answer_is_not_read()
    {
        await using var server = await new TestServer { OnUnary = (_, _) => Task.FromResult(new ConfigRecord { Value = new string('x', 5 << 20) }) }.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() =>
            server.Channel(new RpcChannelOptions { MaxMessageBytes = 1 << 20 }).CallAsync(TestServer.Unary, _request, CancellationToken.None));
        Assert.Equal(RpcStatus.ResourceExhausted, failure.Status);

        Assert.Equal(5 << 20, (await server.Channel().CallAsync(TestServer.Unary, _request, CancellationToken.None)).Value.Length);
    }

    private static async Task<ConfigRecord> HangAsync(CancellationToken cancellationToken, TaskCompletionSource cancelled)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("time passed");
        }
        catch (OperationCanceledException)
        {
            cancelled.SetResult();
            throw;
        }
    }
}
