namespace Axoneme.Hubble.Tests.Support;

/// <summary>A clock that has run for two hours; the wall clock can be set.</summary>
internal sealed class BootClock(DateTimeOffset boot) : TimeProvider
{
    private static readonly TimeSpan _running = TimeSpan.FromHours(2);

    /// <summary>When the machine booted, by the wall clock as it is set now.</summary>
    public DateTimeOffset Boot { get; set; } = boot;

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => (long)_running.TotalNanoseconds;

    public override DateTimeOffset GetUtcNow() => Boot + _running;
}
