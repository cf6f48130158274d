namespace Axoneme.NodeActors.Endpoints;

/// <summary>One lock per key, there while somebody holds it or waits for it.</summary>
internal sealed class KeyedLocks<TKey>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, (SemaphoreSlim Semaphore, int Users)> _held = [];

    /// <summary>Waits for a key; disposing the answer gives it back.</summary>
    public async Task<IDisposable> HoldAsync(TKey key, CancellationToken cancellationToken)
    {
        SemaphoreSlim semaphore;
        lock (_lock)
        {
            (semaphore, var users) = _held.TryGetValue(key, out var held) ? held : (new SemaphoreSlim(1, 1), 0);
            _held[key] = (semaphore, users + 1);
        }

        try
        {
            await semaphore.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new Held(this, key, semaphore);
        }
        catch
        {
            Leave(key);
            throw;
        }
    }

    private void Leave(TKey key)
    {
        lock (_lock)
        {
            var (semaphore, users) = _held[key];
            if (users == 1)
            {
                _held.Remove(key);
            }
            else
            {
                _held[key] = (semaphore, users - 1);
            }
        }
    }

    private sealed class Held(KeyedLocks<TKey> locks, TKey key, SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose()
        {
            semaphore.Release();
            locks.Leave(key);
        }
    }
}
