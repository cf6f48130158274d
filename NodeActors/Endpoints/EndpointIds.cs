namespace Axoneme.NodeActors.Endpoints;

/// <summary>Numbers 1–65535, each in use once. The search goes on where it left off, so that a number comes back late. Safe for several threads.</summary>
internal sealed class EndpointIds
{
    private readonly Lock _lock = new();
    private readonly HashSet<ushort> _inUse = [0];
    private ushort _last;

    /// <exception cref="NodeAgentException">All are in use.</exception>
    public ushort Allocate()
    {
        lock (_lock)
        {
            if (_inUse.Count > ushort.MaxValue)
            {
                throw new NodeAgentException($"endpoint ids: all {ushort.MaxValue} are in use; remove pods");
            }

            while (!_inUse.Add(unchecked(++_last)))
            {
            }

            return _last;
        }
    }

    /// <summary>Marks an id of an earlier run; false when it is taken.</summary>
    public bool Reserve(ushort id)
    {
        lock (_lock)
        {
            _last = Math.Max(_last, id);
            return _inUse.Add(id);
        }
    }

    public void Release(ushort id)
    {
        lock (_lock)
        {
            _inUse.Remove(id);
        }
    }
}
