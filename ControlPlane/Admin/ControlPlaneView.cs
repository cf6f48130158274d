using System.Text.Json;
using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Policies;
using Axoneme.ControlPlane.Manifests;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Kubernetes;
using Axoneme.Persistence;
using Axoneme.Policy;
using Axoneme.Wire.State;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Admin;

/// <summary>What the admin server shows, read from the parts that know it.</summary>
public sealed class ControlPlaneView(
    IEntityEngine engine, RevisionLog log, InProcessStateStream stream, string clusterName, Func<ManifestStatus> manifests, Func<string?> failure)
{
    internal PolicyQuestions Policies { get; } = new(log, clusterName);

    public ActorKindsView Kinds() =>
        new([.. engine.Kinds.Order(StringComparer.Ordinal).Select(kind => new ActorKindView(kind, engine.List(kind).Count))]);

    /// <exception cref="UnknownEntityKindException">No such kind.</exception>
    public ActorListView Actors(string kind) => new(kind, [.. engine.List(kind).Select(entity => entity.Id)]);

    /// <exception cref="UnknownEntityKindException">No such kind.</exception>
    public async Task<ActorView?> ActorAsync(EntityAddress entity, CancellationToken cancellationToken)
    {
        var seen = await engine.InspectAsync(entity, cancellationToken).ConfigureAwait(false);
        return seen is null ? null : new ActorView(
            entity.Kind, entity.Id, ToElement(seen.StateJson), seen.Sequence, seen.Revision, seen.MailboxDepth, seen.LastEventTime, seen.Failures,
            seen.LastFailure, seen.Active, WarningsOf(entity));
    }

    /// <summary>Records of a kind, all or the one with <paramref name="key"/>.</summary>
    public StateView State(RecordKind kind, string? key)
    {
        var revision = log.Head;
        var records = key is null ? log.List(kind) : log.Find(kind, key) is { } found ? [found] : [];
        return new(kind.ToString().ToLowerInvariant(), log.Epoch, revision, [.. records.Select(ToView)]);
    }

    public ManifestsView Manifests()
    {
        var status = manifests();
        return new(status.Version, status.Accepted, status.Waiting, [.. status.Errors.Select(View)], [.. status.Warnings.Select(View)]);

        static ManifestErrorView View(ManifestError error) => new(error.File, error.Document, error.Line, error.Field, error.Message);
    }

    public NodesView Nodes()
    {
        var progress = stream.Progress.Where(p => p.Current).ToDictionary(p => p.Node, StringComparer.Ordinal);
        var head = log.Head;
        var nodes = log.List(RecordKind.Node).Select(record => record.Node).Select(node =>
        {
            var applied = progress.GetValueOrDefault(node.Name);
            return new NodeView(
                node.Name, [.. node.Addresses], [.. node.PodCidrs], applied?.Revision, head - applied?.Revision, applied?.Time);
        });
        return new(head, [.. nodes]);
    }

    public ServicesView Services() => ServiceViews.All(log);

    public ServiceView? Service(string ns, string name) => ServiceViews.One(log, ns, name);

    public HealthView Health() => failure() is { } failed
        ? new("failed", failed, log.Head, log.Epoch)
        : engine.Status.JournalFailure is { } reason
        ? new("unavailable", $"the journal refuses writes: {reason}", log.Head, log.Epoch)
        : new("ok", null, log.Head, log.Epoch);

    public string Metrics() => MetricsText.Write(engine.Status, log, stream.Progress, manifests());

    /// <summary>Only policies can be in force and not enforced as they are written; null for everything else.</summary>
    private string[]? WarningsOf(EntityAddress entity)
    {
        if (entity.Kind != PolicyKind.KindName || log.Find(RecordKind.Policy, entity.Id)?.Policy is not { } record)
        {
            return null;
        }
        using var document = JsonDocument.Parse(record.Json);
        return PolicyParser.Parse(document.RootElement).Policy is { } policy && EnforcementGaps.Of(policy) is { Count: > 0 } gaps
            ? [.. gaps.Select(gap => gap.ToString())]
            : null;
    }

    private static StateRecordView ToView(Record record)
    {
        IMessage? value = record.ValueCase switch
        {
            Record.ValueOneofCase.Identity => record.Identity,
            Record.ValueOneofCase.Ip => record.Ip,
            Record.ValueOneofCase.Node => record.Node,
            Record.ValueOneofCase.Policy => record.Policy,
            Record.ValueOneofCase.Config => record.Config,
            Record.ValueOneofCase.Pod => record.Pod,
            Record.ValueOneofCase.Service => record.Service,
            Record.ValueOneofCase.EndpointSlice => record.EndpointSlice,
            _ => null,
        };
        return new(record.Key, record.Revision, ToElement(value is null ? "null" : JsonFormatter.Default.Format(value)));
    }

    private static JsonElement ToElement(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
