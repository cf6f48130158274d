using System.Collections.Immutable;
using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Actors;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.Maps;
using Axoneme.NodeActors.Network;
using Axoneme.Wire.Agent;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Services;

/// <summary>The one owner of the kernel's maps of services. It works beside the state actor, so that neither services nor policies wait for the other.</summary>
internal sealed partial class ServiceActor : NodeActor<ServiceMessage>
{
    private readonly ServiceModel _model;
    private readonly ServiceProgrammer _programmer;
    private readonly NodePorts _nodePorts;
    private readonly ServiceHealthChecks _healthChecks;
    private readonly ITimer _continue;
    private readonly BackOff _backOff = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
    private long _ticket;
    private long _told;
    private bool _isComplete;
    private bool _compareDue;
    private bool _portsCompared;
    private string? _compareProblem;
    private volatile IReadOnlyList<MapStatus> _mapStatus = [];
    private volatile IReadOnlyList<string> _problems = [];

    public ServiceActor(
        NodeAgentOptions options, IDatapath datapath, INodeNetwork network, LocalStore store, LocalContents contents, TimeProvider timeProvider, ILogger<ServiceActor> logger)
        : base("services", timeProvider, logger)
    {
        _model = new ServiceModel(options.NodeName, options.Services);
        _programmer = new ServiceProgrammer(
            datapath.Services, new ServiceIds(contents.ServiceIdBlock, block => store.Enqueue(NextBlock(block))), options.Services, timeProvider, logger);
        _nodePorts = new NodePorts(datapath.Services.NodePorts, logger);
        _healthChecks = new ServiceHealthChecks(network.Inside, logger);
        _programmer.Adopt(KernelServices.Read(datapath.Services));
        _mapStatus = [.. _programmer.Status, _nodePorts.Status];
        _continue = timeProvider.CreateTimer(_ => Post(new ServiceMessage.ContinueDue()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Told of the newest ticket up to which the kernel has everything; on the actor's thread.</summary>
    public Action<long>? Written { private get; set; }

    /// <summary>Told that UDP sockets may talk to backends that are gone, when the kernel gives them to nobody any more; on the actor's thread.</summary>
    public Action? Stranding { private get; set; }

    public IEnumerable<MapStatus> MapStatus => _mapStatus;

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>What the journal is to say when a block of ids is begun: a later run must begin behind it.</summary>
    public static LocalChange NextBlock(uint block) => new(LocalStore.Kinds.ServiceIds, "next", new PolicyIdBlock { Next = block + 1 });

    /// <summary>Before <see cref="NodeActor{T}.Start"/>: brings the maps to the cached state.</summary>
    public void Restore(ServiceMessage.Changed everything)
    {
        Take(everything);
        Pass();
    }

    /// <summary>Every frontend with its backends, as they are in force.</summary>
    public Task<IReadOnlyList<ServiceView>> ViewAsync()
    {
        var asked = new ServiceMessage.Asked(new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!Post(asked))
        {
            asked.Abandon();
        }

        return asked.Answer.Task;
    }

    /// <summary>How sockets stand that asked a service and got a backend, in their order. Until the whole state is known, all stay.</summary>
    public Task<IReadOnlyList<PeerStanding>> JudgeAsync(IReadOnlyList<(ServiceKey Asked, BackendAddress Backend)> sockets)
    {
        var judged = new ServiceMessage.Judged(sockets, new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!Post(judged))
        {
            judged.Abandon();
        }

        return judged.Answer.Task;
    }

    public override async ValueTask DisposeAsync()
    {
        await _continue.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        await _healthChecks.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Abandon(ServiceMessage message) => message.Abandon();

    protected override ValueTask HandleAsync(IReadOnlyList<ServiceMessage> batch, CancellationToken cancellationToken)
    {
        foreach (var message in batch)
        {
            switch (message)
            {
                case ServiceMessage.Changed changed:
                    Take(changed);
                    break;
                case ServiceMessage.CompareDue:
                    _compareDue = true;
                    break;
                case ServiceMessage.ContinueDue:
                    _programmer.Retry();
                    break;
            }
        }

        try
        {
            Pass();
        }
        catch
        {
            _continue.Change(_backOff.Next(), Timeout.InfiniteTimeSpan);
            throw;
        }

        foreach (var asked in batch.OfType<ServiceMessage.Asked>())
        {
            asked.Answer.TrySetResult(ServiceViews.Of(_programmer.InForce));
        }

        foreach (var judged in batch.OfType<ServiceMessage.Judged>())
        {
            judged.Answer.TrySetResult([.. judged.Sockets.Select(socket => _isComplete ? _programmer.StandingOf(socket.Asked, socket.Backend) : PeerStanding.Stays)]);
        }

        return ValueTask.CompletedTask;
    }

    private void Take(ServiceMessage.Changed changed)
    {
        (_ticket, _isComplete) = (changed.Ticket, changed.IsComplete);
        if (changed.Addresses is { } addresses)
        {
            _model.SetAddresses(addresses);
        }

        foreach (var (pod, podAddresses) in changed.Pods)
        {
            _model.SetPod(pod, podAddresses);
        }

        foreach (var record in changed.Records)
        {
            _model.Apply(record);
        }
    }

    private void Pass()
    {
        var changes = _model.TakeChanges();
        _programmer.Update(changes);
        _nodePorts.Update(changes);
        _healthChecks.Update(changes);
        _healthChecks.Listen(_model.Addresses);
        if (_isComplete)
        {
            _programmer.RemoveStrangers();
            Compare();
        }

        var isDone = _programmer.Flush() & _nodePorts.Write() && _compareProblem is null && !_programmer.HasRefused;
        ShowStatus(); // before anybody who waits for it hears that it is written
        if (isDone && _told != _ticket)
        {
            Written?.Invoke(_told = _ticket);
        }

        isDone &= _programmer.LetGo();
        ShowStatus();
        if (_isComplete && _programmer.TakeStranding())
        {
            Stranding?.Invoke();
        }

        if (isDone)
        {
            _backOff.Reset();
        }

        if (!isDone || _programmer.HasLeaving)
        {
            _continue.Change(isDone ? ServiceProgrammer.Grace : _backOff.Next(), Timeout.InfiniteTimeSpan);
        }
    }

    private void ShowStatus()
    {
        _mapStatus = [.. _programmer.Status, _nodePorts.Status];
        _problems = [.. _model.Problems, .. _programmer.Problems, .. _healthChecks.Problems, .. new[] { _compareProblem }.OfType<string>()];
    }

    private void Compare()
    {
        if (!_compareDue && _portsCompared)
        {
            return;
        }

        try
        {
            if (_compareDue)
            {
                _programmer.Compare(countsAsDrift: true);
            }

            _nodePorts.Compare(countsAsDrift: _portsCompared); // the first time it finds what an earlier run left
            (_compareDue, _portsCompared, _compareProblem) = (false, true, null);
        }
        catch (KernelException exception)
        {
            _compareProblem = $"the kernel's services cannot be compared with what they should be: {exception.Message}";
            Log.NotCompared(Logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(62, LogLevel.Warning, "The kernel's services could not be compared with what they should be, which will be tried again", EventName = "ServicesNotCompared")]
        public static partial void NotCompared(ILogger logger, Exception exception);
    }
}
