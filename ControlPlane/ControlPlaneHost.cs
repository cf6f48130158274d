using System.Globalization;
using Axoneme.ControlPlane.Admin;
using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Identities;
using Axoneme.ControlPlane.Entities.Namespaces;
using Axoneme.ControlPlane.Entities.Nodes;
using Axoneme.ControlPlane.Entities.Policies;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.ControlPlane.Entities.Settings;
using Axoneme.ControlPlane.Manifests;
using Axoneme.ControlPlane.Services;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Kubernetes;
using Axoneme.Persistence;
using Axoneme.Persistence.Sqlite;
using Axoneme.Wire;
using Microsoft.Extensions.Logging;

namespace Axoneme.ControlPlane;

/// <summary>A whole control plane in this process: journal, state log, entities, manifests, admin HTTP.</summary>
public sealed partial class ControlPlaneHost : IAsyncDisposable
{
    private readonly ControlPlaneOptions _options;
    private readonly IJournal _journal;
    private readonly TimeProvider _time;
    private readonly ILogger<ControlPlaneHost> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly InProcessStateStream _stream;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private InProcessEngine? _engine;
    private ManifestSync? _sync;
    private AdminServer? _admin;
    private SliceController? _slices;
    private Task _background = Task.CompletedTask;
    private volatile string? _failure;

    private ControlPlaneHost(ControlPlaneOptions options, IJournal journal, RevisionLog log, TimeProvider time, ILogger<ControlPlaneHost> logger)
    {
        _options = options;
        _journal = journal;
        _time = time;
        _logger = logger;
        Log = log;
        _stream = new InProcessStateStream(log, time);
    }

    /// <summary>What nodes follow.</summary>
    public IStateStream Stream => _stream;

    /// <summary>The cluster's name, which pods are labelled with.</summary>
    public string ClusterName => _options.ClusterName;

    /// <summary>What nodes say.</summary>
    public INodeReports Reports => new NodeReports(Engine);

    public IEntityEngine Engine => _engine ?? throw new InvalidOperationException("the control plane has not started");

    /// <summary>The records in force.</summary>
    public RevisionLog Log { get; }

    /// <summary>What nodes acknowledged.</summary>
    public IReadOnlyList<NodeProgress> Progress => _stream.Progress;

    /// <summary>Errors and counts of the manifests.</summary>
    public ManifestStatus Manifests => _sync?.Status ?? ManifestStatus.None;

    /// <summary>The manifests followed, null when there are none; <see cref="ManifestDirectory.Current"/> is the latest snapshot.</summary>
    public ManifestDirectory? Directory { get; private set; }

    /// <summary>The admin server's TCP address, null when it has none.</summary>
    public System.Net.IPEndPoint? AdminAddress => _admin?.Address;

    /// <summary>Faulted as soon as the engine, following the manifests, deriving slices or sweeping identities fails. Completes on disposal.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <exception cref="JournalDamagedException">The journal is damaged or of a newer version.</exception>
    /// <exception cref="JournalUnavailableException">The journal cannot be opened or written.</exception>
    /// <exception cref="DirectoryNotFoundException">The manifest directory does not exist.</exception>
    /// <exception cref="IOException">An admin address cannot be bound.</exception>
    public static async Task<ControlPlaneHost> StartAsync(
        ControlPlaneOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (options.ManifestDirectory is { } manifests && !System.IO.Directory.Exists(manifests))
        {
            throw new DirectoryNotFoundException($"manifest directory {manifests} does not exist; create it or name another");
        }
        System.IO.Directory.CreateDirectory(
            options.StateDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var journal = SqliteJournal.Open(Path.Combine(options.StateDirectory, "controlplane.db"), new SqliteJournalOptions { Time = time });
        ControlPlaneHost? host = null;
        try
        {
            var log = await RevisionLog.LoadAsync(journal, RevisionLogOptions.Default, cancellationToken).ConfigureAwait(false);
            host = new ControlPlaneHost(options, journal, log, time, loggers.CreateLogger<ControlPlaneHost>());
            await host.StartAsync(loggers, cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch
        {
            await (host?.DisposeAsync() ?? journal.DisposeAsync()).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops between two commits. What was answered is durable; nothing more is written.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_admin is not null)
        {
            await _admin.DisposeAsync().ConfigureAwait(false);
        }
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);  // failures were logged where they happened
        _slices?.Dispose();
        if (_engine is not null)
        {
            await _engine.DisposeAsync().ConfigureAwait(false);
        }
        await _journal.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task StartAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var shards = ShardsInForce();
        IEntityKind[] kinds =
        [
            new IdentityAllocatorKind(new IdentitySpace(_options.ClusterId, _options.MaxClusters)),
            new IdentityShardKind(),
            new EndpointKind(shards),
            new PolicyKind(),
            new NamespaceKind(),
            new NodeKind(),
            new SettingKind(),
            new ServiceAddressesKind(_options.Services),
            new ServiceKind(),
            new EndpointSliceKind(),
        ];
        _engine = await InProcessEngine.StartAsync(
            _journal, Log, kinds, _options.Engine, _time, loggers.CreateLogger<InProcessEngine>(), cancellationToken).ConfigureAwait(false);
        await _engine.AskAsync(
            SettingKind.AddressOf(IdentityShards.SettingName),
            new InitializeSetting(shards.Count.ToString(CultureInfo.InvariantCulture)),
            cancellationToken).ConfigureAwait(false);

        _sync = await ManifestSync.LoadAsync(_engine, _options.ClusterName, _time, loggers.CreateLogger<ManifestSync>(), cancellationToken)
            .ConfigureAwait(false);
        var view = new ControlPlaneView(_engine, Log, _stream, _options.ClusterName, () => Manifests, () => _failure);
        var admin = new AdminOptions { Address = _options.AdminAddress, Socket = _options.AdminSocket };
        _admin = admin is { Address: null, Socket: null }
            ? null
            : await AdminServer.StartAsync(admin, view, loggers, cancellationToken).ConfigureAwait(false);

        Directory = _options.ManifestDirectory is { } path ? new ManifestDirectory(path, _time) : null;
        if (Directory is { } directory)
        {
            _sync.TellOwners(directory);
        }

        _slices = new SliceController(_engine, _time, loggers.CreateLogger<SliceController>());
        _background = Task.WhenAll(
            OwnAsync("deriving endpoint slices", _slices.RunAsync),
            OwnAsync("following manifests", FollowManifestsAsync),
            OwnAsync("sweeping identities", stop => SweepAsync(_engine, shards, stop)),
            OwnAsync("storing changes", _engine.Completion.WaitAsync));
        Completion = Task.WhenAny(_failed.Task, _background).Unwrap();
        LogMessages.Started(_logger, _options.ClusterName, _options.ClusterId, Log.Head, _admin?.Address?.ToString() ?? "no TCP port");
    }

    /// <summary>The number of shards is part of a cluster's history: only a new one takes it from the options.</summary>
    private IdentityShards ShardsInForce()
    {
        var stored = Log.Find(Wire.State.RecordKind.Config, IdentityShards.SettingName)?.Config.Value;
        var count = stored is null ? _options.IdentityShards : int.Parse(stored, CultureInfo.InvariantCulture);
        return count is > 0 and <= 255
            ? new IdentityShards(count)
            : throw new ArgumentException($"identity shards: {count} is not between 1 and 255; choose another number", nameof(_options));
    }

    private Task FollowManifestsAsync(CancellationToken cancellationToken) =>
        Directory is null ? Task.CompletedTask : _sync!.RunAsync(Directory.WatchAsync(cancellationToken), cancellationToken);

    private async Task SweepAsync(IEntityEngine engine, IdentityShards shards, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Clamp(_options.IdentityGracePeriod.TotalSeconds / 4, 1, 60)), _time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var shard in shards.All)
            {
                try
                {
                    engine.Tell(shard, new SweepIdentities(_options.IdentityGracePeriod));
                }
                catch (MailboxFullException full)
                {
                    LogMessages.SweepSkipped(_logger, full.Message);  // the next tick sweeps it
                }
            }
        }
    }

    private async Task OwnAsync(string what, Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The control plane stops.
        }
        catch (Exception failure)
        {
            LogMessages.BackgroundFailed(_logger, failure, what);
            _failure ??= $"{what} failed and ended; restart the control plane: {failure.Message}";
            _failed.TrySetException(failure);
            throw;
        }
    }

    private static partial class LogMessages
    {
        [LoggerMessage(30, LogLevel.Information, "control plane of cluster {Cluster} (id {ClusterId}) at revision {Revision}, admin HTTP on {Admin}")]
        public static partial void Started(ILogger logger, string cluster, uint clusterId, ulong revision, string admin);

        [LoggerMessage(31, LogLevel.Critical, "{What} failed and ended; restart the control plane")]
        public static partial void BackgroundFailed(ILogger logger, Exception failure, string what);

        [LoggerMessage(32, LogLevel.Warning, "identity sweep skipped: {Reason}")]
        public static partial void SweepSkipped(ILogger logger, string reason);
    }
}
