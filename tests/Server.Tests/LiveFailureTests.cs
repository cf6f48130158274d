using Axoneme.Server.Live;
using Axoneme.Wire.Agent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.Server.Tests;

public sealed class LiveFailureTests
{
    [Fact]
    public void A_container_with_two_interfaces_is_shown_by_its_first()
    {
        var views = LiveSource.ByContainer([Endpoint(1, "a", "eth0"), Endpoint(2, "a", "net1"), Endpoint(3, "b", "eth0")]);

        Assert.Equal(["a:1", "b:3"], views.Select(view => $"{view.Key}:{view.Value.Id}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_view_that_fails_gives_way_to_the_next_one_and_ends_nothing()
    {
        using var stop = new CancellationTokenSource();
        var plainRuns = new TaskCompletionSource();
        var spectator = new Spectator(
            "view",
            [
                _ => throw new InvalidOperationException("the terminal is gone"),
                async cancellationToken =>
                {
                    plainRuns.SetResult();
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                },
            ],
            new HurriedTime(), NullLogger<Spectator>.Instance);

        var running = spectator.RunAsync(stop.Token);
        await plainRuns.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(running.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task The_last_way_is_tried_again_whether_it_fails_or_ends()
    {
        using var stop = new CancellationTokenSource();
        var runs = 0;
        var spectator = new Spectator(
            "drops",
            [
                async _ =>
                {
                    runs++;
                    if (runs == 1)
                    {
                        throw new IOException("broken");
                    }

                    if (runs == 3)
                    {
                        await stop.CancelAsync();
                    }
                },
            ],
            new HurriedTime(), NullLogger<Spectator>.Instance);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => spectator.RunAsync(stop.Token).WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(3, runs);
    }

    private static EndpointView Endpoint(ushort id, string container, string interfaceName) =>
        new(id, container, "shop", "api", "ready", 256, [], "10.244.0.2", null, "02:00:00:00:00:01", interfaceName, id, false, false, 1, 1, null);

    /// <summary>Time in which every pause is over at once.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : dueTime, period);
    }
}
