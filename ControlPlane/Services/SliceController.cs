using System.Threading.Channels;
using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Nodes;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging;

namespace Axoneme.ControlPlane.Services;

/// <summary>
/// Keeps the derived slices equal to what services and pods come to. It holds nothing that is not in the entities: at start it reads them
/// all, compares, and corrects what the last run left undone.
/// </summary>
public sealed partial class SliceController : IDisposable
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);
    private static readonly string[] s_kinds = [ServiceKind.KindName, EndpointSliceKind.KindName, EndpointKind.KindName, NodeKind.KindName];

    private readonly IEntityEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger<SliceController> _logger;
    private readonly Dictionary<string, ServiceNamespace> _namespaces = [];
    private readonly Dictionary<string, BackendNode> _nodes = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private HashSet<EntityAddress> _changed = [];

    public SliceController(IEntityEngine engine, TimeProvider time, ILogger<SliceController> logger)
    {
        (_engine, _time, _logger) = (engine, time, logger);
        _engine.Changed += Note;
        foreach (var entity in s_kinds.SelectMany(engine.List))
        {
            Note(entity);
        }
    }

    public void Dispose() => _engine.Changed -= Note;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _wake.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            _wake.Reader.TryRead(out _);
            HashSet<EntityAddress> changed;
            lock (_gate)
            {
                (changed, _changed) = (_changed, []);
            }
            var failed = await ReadAsync(changed, cancellationToken).ConfigureAwait(false);
            failed.AddRange(await CorrectAsync(cancellationToken).ConfigureAwait(false));
            if (failed.Count > 0)
            {
                await Task.Delay(s_retry, _time, cancellationToken).ConfigureAwait(false);
                failed.ForEach(Note);
            }
        }
    }

    private void Note(EntityAddress entity)
    {
        if (s_kinds.Contains(entity.Kind))
        {
            lock (_gate)
            {
                _changed.Add(entity);
            }
            _wake.Writer.TryWrite(true);
        }
    }

    /// <summary>Looks at entities; returns those that could not be seen and may be later.</summary>
    private async Task<List<EntityAddress>> ReadAsync(IEnumerable<EntityAddress> entities, CancellationToken cancellationToken)
    {
        var asked = entities.Select(entity => (Entity: entity, Read: ReadAsync(entity, cancellationToken))).ToArray();
        var failed = new List<EntityAddress>();
        foreach (var (entity, read) in asked)
        {
            try
            {
                (await read.ConfigureAwait(false))();
            }
            catch (EntityFailedException damaged)
            {
                Log.Unreadable(_logger, damaged, entity);
            }
            catch (Exception passing) when (passing is JournalUnavailableException or JournalConflictException or MailboxFullException)
            {
                failed.Add(entity);
            }
        }
        return failed;
    }

    /// <summary>How what is read is put into its namespace.</summary>
    private async Task<Action> ReadAsync(EntityAddress entity, CancellationToken cancellationToken)
    {
        if (entity.Kind == NodeKind.KindName)
        {
            var node = BackendNode.Of(await _engine.AskAsync(entity, new GetNode(), cancellationToken).ConfigureAwait(false));
            return () => SetNode(entity.Id, node);
        }
        var (ns, name) = NamespaceOf(entity);
        switch (entity.Kind)
        {
            case ServiceKind.KindName:
                var service = await _engine.AskAsync(entity, new GetService(), cancellationToken).ConfigureAwait(false);
                return () => ns.SetService(name, service.Applied);
            case EndpointSliceKind.KindName:
                var slice = await _engine.AskAsync(entity, new GetSlice(), cancellationToken).ConfigureAwait(false);
                return () => ns.SetSlice(name, slice.Applied);
            default:
                var pod = BackendPod.Of(await _engine.AskAsync(entity, new GetEndpoint(), cancellationToken).ConfigureAwait(false));
                return () => ns.SetPod(name, pod);
        }
    }

    private void SetNode(string name, BackendNode node)
    {
        if (!node.Equals(_nodes.GetValueOrDefault(name)))
        {
            _nodes[name] = node;
            foreach (var ns in _namespaces.Values)
            {
                ns.NodeChanged(name);
            }
        }
    }

    /// <summary>Stores what derived slices come to; returns those that could not be stored and may be later.</summary>
    private async Task<List<EntityAddress>> CorrectAsync(CancellationToken cancellationToken)
    {
        var asked = new List<(EntityAddress Slice, Task<Done> Reply)>();
        foreach (var (name, ns) in _namespaces)
        {
            foreach (var (sliceName, wanted) in ns.TakeChanges())
            {
                var address = EndpointSliceKind.AddressOf(name, sliceName);
                ICommand<Done> command = wanted is null
                    ? new RemoveSlice()
                    : new ApplySlice(new DesiredSlice { Slice = wanted, Source = EndpointSliceKind.Derived });
                asked.Add((address, _engine.AskAsync(address, command, cancellationToken)));
            }
        }
        var failed = new List<EntityAddress>();
        foreach (var (slice, reply) in asked)
        {
            try
            {
                await reply.ConfigureAwait(false);
            }
            catch (Exception refused) when (refused is CommandRefusedException or EntityFailedException)
            {
                Log.NotStored(_logger, refused, slice);
            }
            catch (Exception passing) when (passing is JournalUnavailableException or JournalConflictException or MailboxFullException)
            {
                // Its service is looked at again.
                failed.Add(ServiceKind.AddressOf(slice.Id.Split('/')[0], slice.Id.Split('/')[1].Split(SliceDerivation.Mark)[0]));
            }
        }
        return failed;
    }

    private (ServiceNamespace Namespace, string Name) NamespaceOf(EntityAddress entity)
    {
        var slash = entity.Id.IndexOf('/', StringComparison.Ordinal);
        var name = entity.Id[..slash];
        if (!_namespaces.TryGetValue(name, out var ns))
        {
            _namespaces[name] = ns = new ServiceNamespace(node => _nodes.GetValueOrDefault(node, BackendNode.Unknown));
        }
        return (ns, entity.Id[(slash + 1)..]);
    }

    private static partial class Log
    {
        [LoggerMessage(40, LogLevel.Error, "{Entity} cannot be read; services stay as they are with regard to it")]
        public static partial void Unreadable(ILogger logger, Exception failure, EntityAddress entity);

        [LoggerMessage(41, LogLevel.Error, "{Slice} cannot be stored and is left as it is")]
        public static partial void NotStored(ILogger logger, Exception failure, EntityAddress slice);
    }
}
