namespace Axoneme.Datapath.Attachment;

/// <summary>
/// While one is held, the kernel ends RCU grace periods at once (<c>/sys/kernel/rcu_expedited</c>, Documentation/RCU). Changing what
/// hangs on a tcx hook waits for one with the rtnl lock held: 15 ms each on an idle machine, which would be most of what starting a pod costs.
/// An administrator's own setting stays; where /sys is read-only, attaching is slower and nothing else.
/// </summary>
internal sealed class ExpeditedGracePeriods : IDisposable
{
    private const string Setting = "/sys/kernel/rcu_expedited";
    private static readonly Lock _lock = new();
    private static int _holders;
    private static bool _ours;
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
                _ours = TrySwitch(from: "0", to: "1");
            }
        }

        return new ExpeditedGracePeriods();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (!_disposed && --_holders == 0 && _ours)
            {
                TrySwitch(from: "1", to: "0");
            }

            _disposed = true;
        }
    }

    private static bool TrySwitch(string from, string to)
    {
        try
        {
            if (File.ReadAllText(Setting).TrimEnd() != from)
            {
                return false;
            }

            File.WriteAllText(Setting, to);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // speed only
        }
    }
}
