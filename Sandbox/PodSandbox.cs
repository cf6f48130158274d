using System.Threading.Channels;
using Axoneme.Datapath;
using Axoneme.Sandbox.Pods;
using Axoneme.Sandbox.Runtime;
using Microsoft.Extensions.Logging;

namespace Axoneme.Sandbox;

/// <summary>
/// Standalone mode's container runtime: keeps one network namespace with one running program per wanted pod, wired by the CNI plugin
/// binary. Pods outlive this process; the next one finds them in the state directory and goes on with them.
/// </summary>
public sealed partial class PodSandbox : IAsyncDisposable
{
    private readonly SandboxOptions _options;
    private readonly PodStore _store;
    private readonly PodLifecycle _lifecycle;
    private readonly PodProgram _program;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PodAttempt> _attempts = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private Dictionary<string, PodManifest>? _desired;
    private ProcessIdentity? _hostProber;

    private PodSandbox(SandboxOptions options, PodStore store, TimeProvider timeProvider, ILogger logger)
    {
        (_options, _store, _timeProvider, _logger) = (options, store, timeProvider, logger);
        _program = new PodProgram(options);
        _lifecycle = new PodLifecycle(options, store, new CniPlugin(options), _program, logger);
        HostContainerId = "host" + Guid.NewGuid().ToString("N")[..8];
        Failure = RunAsync();
    }

    /// <summary>Takes probe requests for the runtime's own network namespace: the node's.</summary>
    public string HostControlSocket => _program.ControlSocketOf(HostContainerId);

    /// <summary>Completes with the failure when the runtime cannot go on (its state file cannot be written); never completes otherwise, until disposed.</summary>
    public Task Failure { get; }

    /// <summary>Every pod that is wanted or still exists, by namespace and name.</summary>
    public IReadOnlyList<SandboxPod> Pods
    {
        get
        {
            var records = _store.All.ToDictionary(record => record.Manifest.Key);
            lock (_lock)
            {
                return [.. records.Keys.Union(_desired?.Keys.AsEnumerable() ?? []).Order(StringComparer.Ordinal).Select(key => View(key, records.GetValueOrDefault(key)))];
            }
        }
    }

    private string HostContainerId { get; }

    /// <summary>Opens the state directory and starts the host's prober. Pods of an earlier run are left alone until <see cref="SetDesired"/>.</summary>
    /// <exception cref="SandboxException">The state file cannot be read, or the prober does not start.</exception>
    public static async Task<PodSandbox> StartAsync(SandboxOptions options, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var sandbox = new PodSandbox(options, PodStore.Open(options.StateDirectory), timeProvider, loggerFactory.CreateLogger<PodSandbox>());
        try
        {
            sandbox.RemoveOldHostProbers();
            sandbox._hostProber = await sandbox._program.StartAsync("host", sandbox.HostContainerId, networkNamespace: null, [], [], cancellationToken);
            return sandbox;
        }
        catch
        {
            await sandbox.DisposeAsync();
            throw;
        }
    }

    /// <summary>Replaces the set of wanted pods: missing ones are started, others removed, changed ones changed.</summary>
    public void SetDesired(IEnumerable<PodManifest> manifests)
    {
        lock (_lock)
        {
            _desired = manifests.ToDictionary(manifest => manifest.Key);
            foreach (var (key, attempt) in _attempts.ToList())
            {
                // Whoever edits a manifest wants to see the effect now.
                if (!_desired.TryGetValue(key, out var manifest) || !manifest.IsSameAs(attempt.Manifest))
                {
                    _attempts.Remove(key);
                }
            }
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Removes every pod, also those whose CNI DEL fails. Nothing is started any more.</summary>
    public async Task RemoveAllAsync(CancellationToken cancellationToken)
    {
        await StopLoopAsync();
        await Parallel.ForEachAsync(_store.All, Parallelism(cancellationToken), async (record, token) => await _lifecycle.RemoveAnywayAsync(record, token));
    }

    /// <summary>Ends the runtime; the pods stay.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopLoopAsync();
        await _program.StopAsync(_hostProber, HostContainerId, CancellationToken.None);
        _stop.Dispose();
    }

    private async Task StopLoopAsync()
    {
        await _stop.CancelAsync();
        await Failure.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // A prober ends when its socket is removed; those of a killed process are known by their name.
    private void RemoveOldHostProbers()
    {
        var directory = Path.GetDirectoryName(HostControlSocket)!;
        Directory.CreateDirectory(directory);
        foreach (var socket in Directory.EnumerateFiles(directory, "host????????.sock"))
        {
            File.Delete(socket);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                var tick = Task.Delay(_options.Interval, _timeProvider, pause.Token);
                await Task.WhenAny(_wake.Reader.WaitToReadAsync(pause.Token).AsTask(), tick);
                await pause.CancelAsync();
                _stop.Token.ThrowIfCancellationRequested();
                _wake.Reader.TryRead(out _);
                await ConvergeAllAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception failure)
        {
            Log.Failed(_logger, failure);
            throw;
        }
    }

    private async Task ConvergeAllAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, PodManifest>? desired;
        lock (_lock)
        {
            desired = _desired;
        }

        if (desired is null)
        {
            return;
        }

        var records = _store.All.ToDictionary(record => record.Manifest.Key);
        var now = _timeProvider.GetUtcNow();
        await Parallel.ForEachAsync(records.Keys.Union(desired.Keys), Parallelism(cancellationToken), async (key, token) =>
        {
            PodAttempt? last;
            lock (_lock)
            {
                last = _attempts.GetValueOrDefault(key);
            }

            if (last is null || last.NotBefore <= now)
            {
                await ConvergeAsync(records.GetValueOrDefault(key), desired.GetValueOrDefault(key), last, token);
            }
        });
    }

    private async Task ConvergeAsync(PodRecord? record, PodManifest? manifest, PodAttempt? last, CancellationToken cancellationToken)
    {
        var subject = manifest ?? record!.Manifest;
        try
        {
            await (manifest is null ? _lifecycle.RemoveAsync(record!, cancellationToken) : _lifecycle.EnsureAsync(record, manifest, cancellationToken));
            lock (_lock)
            {
                _attempts.Remove(subject.Key);
            }
        }
        catch (Exception failure) when (failure is CniException or SandboxException or KernelException)
        {
            var failures = (last?.Failures ?? 0) + 1;
            var pause = TimeSpan.FromTicks(Math.Min(_options.MaxBackoff.Ticks, _options.Interval.Ticks << Math.Min(failures - 1, 20)));
            var problem = subject.Document > 0 ? $"{subject.File}: document {subject.Document}: {failure.Message}" : failure.Message;
            if (last?.Problem != problem)
            {
                Log.PodFailed(_logger, subject.Key, problem);
            }

            lock (_lock)
            {
                _attempts[subject.Key] = new PodAttempt(subject, failures, problem, _timeProvider.GetUtcNow() + pause);
            }
        }
    }

    private SandboxPod View(string key, PodRecord? record)
    {
        var manifest = _desired?.GetValueOrDefault(key);
        var problem = _attempts.GetValueOrDefault(key)?.Problem;
        var runs = record is { Result: not null, Process.IsAlive: true };
        var phase = _desired is not null && manifest is null ? PodPhase.Removing : runs ? PodPhase.Running : PodPhase.Starting;
        return new SandboxPod(manifest ?? record!.Manifest, phase, record?.ContainerId ?? "", CniPlugin.AddressesOf(record?.Result),
            runs ? _program.ControlSocketOf(record!.ContainerId) : null, problem);
    }

    private ParallelOptions Parallelism(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = _options.Concurrency, CancellationToken = cancellationToken };

    /// <summary>A pod whose last attempt failed.</summary>
    private sealed record PodAttempt(PodManifest Manifest, int Failures, string Problem, DateTimeOffset NotBefore);

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Warning, "Pod {Pod}: {Problem}")]
        public static partial void PodFailed(ILogger logger, string pod, string problem);

        [LoggerMessage(11, LogLevel.Critical, "The sandbox runtime cannot go on")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
