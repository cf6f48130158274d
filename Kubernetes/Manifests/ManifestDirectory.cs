using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Axoneme.Kubernetes;

/// <summary>
/// A directory of Kubernetes manifests (*.yaml, *.yml, *.json, subdirectories included) and what it says as it changes. Changes are noticed
/// through inotify, gathered while they keep coming, and looked for every ten seconds in case a notification was lost; every second where the
/// kernel grants no inotify.
/// </summary>
/// <param name="path">The directory.</param>
/// <param name="time">Measures the waits.</param>
public sealed class ManifestDirectory(string path, TimeProvider time)
{
    /// <summary>Editors write a file in several steps; half-written states are not looked at.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Rescan = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RescanUnnotified = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestGathering = TimeSpan.FromSeconds(1);

    private readonly string _path = System.IO.Path.GetFullPath(path);
    private readonly ManifestSet _set = new();
    private volatile bool _unnotified;

    /// <summary>The absolute path of the directory.</summary>
    public string Path => _path;

    /// <summary>The latest snapshot of a running <see cref="WatchAsync"/>; empty before.</summary>
    public ManifestSnapshot Current => _set.Current;

    /// <inheritdoc cref="ManifestSet.Assume"/>
    public void Assume(string kind, string ns, string name, string file) => _set.Assume(kind, ns, name, file);

    /// <summary>Makes the watcher of a directory, which may throw <see cref="IOException"/>.</summary>
    internal Func<string, FileSystemWatcher> CreateWatcher { get; init; } = directory => new FileSystemWatcher(directory);

    /// <summary>
    /// Yields what the directory says now, then again after every change until cancelled, which ends the stream with <see cref="OperationCanceledException"/>.
    /// One stream at a time. Slow consumers miss intermediate snapshots, never the last.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">The directory is not there at the start. When it goes away later, everything stays in force and an error says so.</exception>
    public async IAsyncEnumerable<ManifestSnapshot> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(_path))
        {
            throw new DirectoryNotFoundException($"manifest directory {_path} does not exist; create it or name another");
        }

        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = Watch(() => changes.Writer.TryWrite(true));
        var files = new ManifestFiles(_path);
        for (var thorough = true; ;)
        {
            if (await ScanAsync(files, thorough, cancellationToken))
            {
                yield return _set.Current;
            }

            thorough = await WaitAsync(changes.Reader, cancellationToken);
        }
    }

    private async Task<bool> ScanAsync(ManifestFiles files, bool thorough, CancellationToken cancellationToken)
    {
        try
        {
            return _set.Update(await files.ReadAsync(thorough, cancellationToken));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return _set.Fail($"manifest directory cannot be listed, everything stays in force: {failure.Message}");
        }
    }

    /// <summary>Waits for a change and for the quiet after it, or for the next rescan. True when there was a change.</summary>
    private async Task<bool> WaitAsync(ChannelReader<bool> changes, CancellationToken cancellationToken)
    {
        if (!await ReadWithinAsync(changes, _unnotified ? RescanUnnotified : Rescan, cancellationToken))
        {
            return false;
        }

        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < LongestGathering && await ReadWithinAsync(changes, Quiet, cancellationToken))
        {
            // More is coming: wait until it stops.
        }

        return true;
    }

    private async Task<bool> ReadWithinAsync(ChannelReader<bool> changes, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await changes.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Null when the kernel grants no more inotify instances: then only rescans find changes, and more often.</summary>
    private FileSystemWatcher? Watch(Action changed)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = CreateWatcher(_path);
            watcher.IncludeSubdirectories = true;
            watcher.Changed += (_, _) => changed();
            watcher.Created += (_, _) => changed();
            watcher.Deleted += (_, _) => changed();
            watcher.Renamed += (_, _) => changed();
            watcher.Error += (_, error) =>
            {
                _unnotified |= error.GetException() is IOException; // watches are used up; otherwise notifications were lost
                changed();
            };
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (IOException)
        {
            _unnotified = true;
            watcher?.Dispose();
            return null;
        }
    }
}
