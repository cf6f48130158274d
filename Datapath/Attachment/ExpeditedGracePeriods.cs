namespace Axoneme.Datapath.Attachment;

/// <summary>
/// While one is held, the kernel ends RCU grace periods at once (<c>/sys/kernel/rcu_expedited</c>, Documentation/RCU). Changing what
/// hangs on a tcx hook waits for one with the rtnl lock held: 15 ms each on an idle machine, which would be most of what starting a pod costs.
/// An administrator's own setting stays; where /sys is read-only, attaching is slower and nothing else.
/// </summary>
internal sealed class ExpeditedGracePeriods : IDisposable
{
    private static readonly Lock _lock = new();
    private static readonly GracePeriodSwitch _switch = new("/sys/kernel/rcu_expedited", "/run/axoneme-rcu-expedited");
    private static int _holders;
    private bool _disposed;

    private ExpeditedGracePeriods()
    {
    }

    /// <summary>Begins to hold.</summary>
    public static ExpeditedGracePeriods Hold()
    {
        lock (_lock)
        {
            if (_holders++ == 0)
            {
                _switch.Begin();
            }
        }

        return new ExpeditedGracePeriods();
    }

    /// <summary>Puts the kernel's setting back where a process was killed while it held; for whoever opens the datapath.</summary>
    public static void RestoreLeftOver()
    {
        lock (_lock)
        {
            if (_holders == 0)
            {
                _switch.RestoreLeftOver();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (!_disposed && --_holders == 0)
            {
                _switch.End();
            }

            _disposed = true;
        }
    }
}
