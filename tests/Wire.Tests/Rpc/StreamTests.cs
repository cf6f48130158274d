using System.Runtime.CompilerServices;
using Axoneme.Wire.Rpc;
using Axoneme.Wire.State;

namespace Axoneme.Wire.Tests.Rpc;

public sealed class StreamTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Answers_come_in_order_until_the_server_ends_them()
    {
        await using var server = await new TestServer().StartAsync();

        var answers = await ReadAsync(server.Channel(), 2000);

        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"{i}"), answers);
    }

    [Fact]
    public async Task A_stream_without_answers_ends()
    {
        await using var server = await new TestServer().StartAsync();

        Assert.Empty(await ReadAsync(server.Channel(), 0));
    }

    [Fact]
    public async Task A_failure_comes_after_the_answers_before_it()
    {
        await using var server = await new TestServer { OnStream = (_, _) => FailAfterAsync(3) }.StartAsync();
        var seen = new List<string>();

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var answer in server.Channel().ReadStreamAsync(TestServer.Stream, new Cursor(), CancellationToken.None))
            {
                seen.Add(answer.Value);
            }
        });

        Assert.Equal(["0", "1", "2"], seen);
        Assert.Equal((RpcStatus.DataLoss, "the rest is gone"), (failure.Status, failure.Detail));
    }

    [Fact]
    public async Task Cancelling_ends_a_stream_that_says_nothing_on_both_sides()
    {
        var ended = new TaskCompletionSource();
        await using var server = await new TestServer { OnStream = (_, token) => OneThenHangAsync(ended, token) }.StartAsync();
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in server.Channel().ReadStreamAsync(TestServer.Stream, new Cursor(), stop.Token))
            {
                await stop.CancelAsync();
            }
        });

        await ended.Task.WaitAsync(_patience);
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_the_stream_at_the_server()
    {
        var ended = new TaskCompletionSource();
        await using var server = await new TestServer { OnStream = (_, token) => OneThenHangAsync(ended, token) }.StartAsync();

        await foreach (var _ in server.Channel().ReadStreamAsync(TestServer.Stream, new Cursor(), CancellationToken.None))
        {
            break;
        }

        await ended.Task.WaitAsync(_patience);
    }

    [Fact]
    public async Task A_server_that_stops_ends_streams_as_unavailable()
    {
        await using var server = await new TestServer { OnStream = (_, token) => OneThenHangAsync(new TaskCompletionSource(), token) }.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in server.Channel().ReadStreamAsync(TestServer.Stream, new Cursor(), CancellationToken.None))
            {
                await server.StopAsync();
            }
        });

        Assert.Equal(RpcStatus.Unavailable, failure.Status);
    }

    [Fact]
    public async Task A_slow_reader_holds_up_the_server_and_no_memory()
    {
        const int Size = 64 << 10;
        var produced = 0;
        await using var server = await new TestServer { OnStream = (_, token) => ProduceAsync(token) }.StartAsync();
        await using var reader = server.Channel().ReadStreamAsync(TestServer.Stream, new Cursor(), CancellationToken.None).GetAsyncEnumerator();

        Assert.True(await reader.MoveNextAsync());
        var settled = await SettledAsync(() => Volatile.Read(ref produced));

        // Windows and buffers of both sides, far from the gigabyte on offer.
        Assert.InRange(settled, 1, (4 << 20) / Size);
        for (var i = 0; i < settled; i++)
        {
            Assert.True(await reader.MoveNextAsync());
        }

        Assert.True(await SettledAsync(() => Volatile.Read(ref produced)) > settled, "the stream did not go on when the reader did");

        async IAsyncEnumerable<ConfigRecord> ProduceAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            for (; produced < (1 << 30) / Size; Interlocked.Increment(ref produced))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return new ConfigRecord { Value = new string('x', Size) };
                await Task.Yield();
            }
        }
    }

    private static async Task<int> SettledAsync(Func<int> read)
    {
        for (var (before, now) = (-1, read()); ; (before, now) = (now, read()))
        {
            if (before == now)
            {
                return now;
            }

            await Task.Delay(300);
        }
    }

    private static async Task<List<string>> ReadAsync(RpcChannel channel, int count)
    {
        var answers = new List<string>();
        await foreach (var answer in channel.ReadStreamAsync(TestServer.Stream, new Cursor { Revision = (ulong)count }, CancellationToken.None))
        {
            answers.Add(answer.Value);
        }

        return answers;
    }

    private static async IAsyncEnumerable<ConfigRecord> FailAfterAsync(int count)
    {
        await foreach (var answer in TestServer.CountAsync(count))
        {
            yield return answer;
        }

        throw new RpcException(RpcStatus.DataLoss, "the rest is gone");
    }

    private static async IAsyncEnumerable<ConfigRecord> OneThenHangAsync(TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new ConfigRecord { Value = "one" };
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            ended.SetResult();
        }
    }
}
