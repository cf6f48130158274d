namespace Axoneme.NodeActors.Actors;

/// <summary>Doubling delays between attempts, from a first one up to a longest one; <see cref="Reset"/> after a success.</summary>
internal sealed class BackOff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    /// <summary>How long to wait now; the next answer is twice as long.</summary>
    public TimeSpan Next()
    {
        var now = _next ?? first;
        _next = TimeSpan.FromTicks(Math.Min(now.Ticks * 2, longest.Ticks));
        return now;
    }

    public void Reset() => _next = null;
}
