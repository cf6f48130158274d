using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Axoneme.Policy.Tests.Fuzz;

/// <summary>
/// What reading a text may cost: 16 MB and 200 bytes for each of its bytes in UTF-8, and 1 s for each of its megabytes, begun ones counted whole.
/// <para>Memory is what the reading keeps the collector from taking back, at any moment until its result is let go. All it allocates is more than
/// that, so a reading that allocates no more than the bound needs no second look. Any other is repeated while collections run without pause: what
/// the heap holds after each of them is memory that was needed then.</para>
/// <para>Time is the processor's, and that of the fastest of eight readings: what a machine does besides makes them slower, never faster.</para>
/// </summary>
internal static class CostBound
{
    private const long Megabyte = 1 << 20;
    private const long BytesPerByte = 200;
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(60);

    /// <summary>Reads a text and throws when that costs too much.</summary>
    public static YamlEntry Read(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        var allowed = (16 * Megabyte) + (BytesPerByte * bytes);
        var time = TimeSpan.FromSeconds((bytes + Megabyte - 1) / Megabyte);
        var reading = Measure(text);
        for (var again = 0; again < 7 && reading.Took > time; again++)
        {
            reading = Measure(text);
        }

        Assert.True(reading.Took <= time, $"{bytes} bytes took {reading.Took.TotalSeconds:f2} s, allowed are {time.TotalSeconds:f0} s");
        if (reading.Allocated > allowed)
        {
            var needed = MostNeeded(text);
            Assert.True(needed <= allowed, $"{bytes} bytes needed {needed} bytes of memory at once, allowed are {allowed}");
        }

        return reading.Result;
    }

    /// <summary>Memory held at the worst moment, as far as collections that run one after the other see it.</summary>
    internal static long MostNeeded(string text)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        using var end = new ManualResetEventSlim();
        var collecting = new Thread(() =>
        {
            while (!end.Wait(1))
            {
                Look();
            }
        });
        collecting.Start();
        var reading = Measure(text);
        end.Set();
        collecting.Join();
        Look();
        GC.KeepAlive(reading);
        return most;

        void Look()
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
        }
    }

    /// <summary>On a thread of its own, so that a reading without end is a failure and not a test without end.</summary>
    private static (YamlEntry Result, TimeSpan Took, long Allocated) Measure(string text)
    {
        (YamlEntry, TimeSpan, long) measured = default;
        ExceptionDispatchInfo? crash = null;
        var thread = new Thread(() =>
        {
            try
            {
                var allocated = GC.GetAllocatedBytesForCurrentThread();
                var began = ProcessorTime();
                var result = YamlEntry.Read(text);
                measured = (result, ProcessorTime() - began, GC.GetAllocatedBytesForCurrentThread() - allocated);
            }
            catch (Exception thrown)
            {
                crash = ExceptionDispatchInfo.Capture(thrown);
            }
        }) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(GivenUp), $"not read after {GivenUp.TotalSeconds} s");
        crash?.Throw();
        return measured;
    }

    /// <summary>What this thread has used (Documentation/scheduler/sched-stats.rst: the first number, in nanoseconds).</summary>
    private static TimeSpan ProcessorTime() =>
        TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1000);
}
