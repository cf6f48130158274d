using System.Diagnostics;
using Axoneme.Datapath.Events;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;
using Axoneme.Datapath.Programs;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Events;

public class EventRingTests
{
    private const uint RingBytes = 1 << 16;
    private const short EventSize = 80;
    private const short LengthOffset = 40;

    [Fact]
    public async Task Events_arrive_in_order_and_none_is_lost_while_the_ring_wraps()
    {
        using var fixture = new Fixture(EventSize, wake: true);
        List<uint> lengths = [];
        using var stop = new CancellationTokenSource();
        var reading = fixture.Ring.ReadAsync(
            events =>
            {
                lock (lengths)
                {
                    foreach (ref readonly var found in events)
                    {
                        lengths.Add(found.Length);
                    }
                }
            },
            stop.Token);

        var expected = new List<uint>();
        for (var i = 0; i < 5000; i++)
        {
            var length = 64 + i % 1000;
            fixture.Emit(length);
            expected.Add((uint)length);
            if (i % 200 == 199)
            {
                WaitFor(lengths, expected.Count); // 200 events fit into the ring: what is missing is the reader's fault
            }
        }

        await stop.CancelAsync();
        await reading;
        Assert.Equal(expected, lengths);
    }

    [Fact]
    public async Task Without_a_wake_up_the_reader_looks_every_hundred_milliseconds()
    {
        using var fixture = new Fixture(EventSize, wake: false);
        List<uint> lengths = [];
        using var stop = new CancellationTokenSource();
        var batches = 0;
        var reading = fixture.Ring.ReadAsync(
            events =>
            {
                lock (lengths)
                {
                    batches++;
                    lengths.AddRange(events.ToArray().Select(found => found.Length));
                }
            },
            stop.Token);
        var began = Stopwatch.StartNew();
        for (var i = 0; i < 400; i++)
        {
            fixture.Emit(100);
            Thread.Sleep(1);
        }

        WaitFor(lengths, 400);
        var looks = began.Elapsed.TotalMilliseconds / 100 + 2;
        await stop.CancelAsync();
        await reading;
        Assert.InRange(batches, 1, (int)looks);
    }

    [Fact]
    public async Task A_record_of_another_size_is_an_error_and_not_an_event()
    {
        using var fixture = new Fixture(size: 88, wake: true);
        fixture.Emit(100);
        var failure = await Assert.ThrowsAsync<KernelException>(() => fixture.Ring.ReadAsync(_ => { }, new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token));
        Assert.Contains("ring buffer test", failure.Message);
    }

    [Fact]
    public async Task A_second_reader_is_refused_and_one_after_the_first_is_not()
    {
        using var fixture = new Fixture(EventSize, wake: true);
        using var stop = new CancellationTokenSource();
        var reading = fixture.Ring.ReadAsync(_ => { }, stop.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Ring.ReadAsync(_ => { }, CancellationToken.None));
        await stop.CancelAsync();
        await reading;
        await fixture.Ring.ReadAsync(_ => { }, stop.Token);
    }

    private static void WaitFor(List<uint> lengths, int count)
    {
        var began = Stopwatch.StartNew();
        while (true)
        {
            lock (lengths)
            {
                if (lengths.Count >= count)
                {
                    return;
                }

                Assert.True(began.Elapsed < TimeSpan.FromSeconds(10), $"{lengths.Count} of {count} events arrived");
            }

            Thread.Sleep(1);
        }
    }

    private sealed class Fixture : IDisposable
    {
        private readonly FileDescriptor _program;
        private readonly ProgramTestRun _run;

        public Fixture(short size, bool wake)
        {
            var descriptor = BpfMapCalls.Create(BpfMapType.RingBuffer, 0, 0, RingBytes, 0, "test");
            Assert.True(descriptor >= 0, $"the kernel refuses a ring buffer: errno {-descriptor}");
            var map = new FileDescriptor(descriptor);
            _program = TestPrograms.Emitting(map, size, LengthOffset, wake);
            _run = new ProgramTestRun(_program, "emit");
            Ring = new EventRing(map, "test");
        }

        public EventRing Ring { get; }

        public void Emit(int length) => _run.Run(new byte[length]);

        public void Dispose()
        {
            Ring.Dispose();
            _run.Dispose();
            _program.Dispose();
        }
    }

    [Fact]
    public void Closing_twice_is_closing_once_and_reading_afterwards_is_refused()
    {
        using var node = new TestNode();
        var datapath = node.Open();
        datapath.Dispose();
        datapath.Dispose();
        Assert.Throws<ObjectDisposedException>(() => datapath.DrainEvents(_ => { }));
    }
}
