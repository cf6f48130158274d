using System.Globalization;
using System.Text;
using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Manifests;
using Axoneme.ControlPlane.StateLog;
using Axoneme.Policy;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Admin;

/// <summary>
/// The Prometheus text format, version 0.0.4. Where Cilium has a metric of the same meaning (cilium_identity, cilium_endpoint,
/// cilium_policy, cilium_nodes_all_num) its name is used.
/// </summary>
internal sealed class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private string _family = "";

    public static string Write(EngineStatus engine, RevisionLog log, IReadOnlyList<NodeProgress> nodes, ManifestStatus manifests)
    {
        var records = log.Count();
        var metrics = new MetricsText();
        metrics.Family("cilium_identity", "gauge", "Security identities allocated.")
            .Value(records.GetValueOrDefault(RecordKind.Identity), ("type", "cluster_local"));
        metrics.Family("cilium_endpoint", "gauge", "Endpoints wanted.").Value(records.GetValueOrDefault(RecordKind.Pod));
        metrics.Family("axoneme_endpoints_without_identity", "gauge", "Endpoints that are init because identity numbers are exhausted.")
            .Value(log.List(RecordKind.Pod).Count(record => record.Pod.Identity == 0));
        metrics.Family("cilium_policy", "gauge", "Policies in force.")
            .Value(log.List(RecordKind.Policy).Count(record => PolicyParser.RuleKinds.Contains(record.Policy.Kind)));
        metrics.Family("cilium_nodes_all_num", "gauge", "Nodes registered.").Value(records.GetValueOrDefault(RecordKind.Node));

        metrics.Family("axoneme_state_revision", "gauge", "Newest revision of the state log.").Value(log.Head);
        metrics.Family("axoneme_state_records", "gauge", "Live records of the state log.");
        foreach (var (kind, count) in records.OrderBy(record => record.Key))
        {
            metrics.Value(count, ("kind", kind.ToString().ToLowerInvariant()));
        }
        metrics.Family("axoneme_node_applied_revision", "gauge", "Revision a node acknowledged as enforced.");
        foreach (var node in nodes.Where(node => node.Current))
        {
            metrics.Value(node.Revision, ("node", node.Node));
        }

        metrics.Family("axoneme_engine_commands_total", "counter", "Commands answered.").Value(engine.Commands);
        metrics.Family("axoneme_engine_events_total", "counter", "Events journaled.").Value(engine.Events);
        metrics.Family("axoneme_engine_commits_total", "counter", "Group commits.").Value(engine.Commits);
        metrics.Family("axoneme_engine_commit_failures_total", "counter", "Group commits the journal refused.").Value(engine.CommitFailures);
        metrics.Family("axoneme_engine_command_failures_total", "counter", "Commands that threw.").Value(engine.CommandFailures);
        metrics.Family("axoneme_engine_active_entities", "gauge", "Entities in memory.").Value(engine.ActiveEntities);
        metrics.Family("axoneme_engine_waiting_commands", "gauge", "Commands in mailboxes.").Value(engine.WaitingCommands);
        metrics.Family("axoneme_journal_writable", "gauge", "1 while the journal takes writes.").Value(engine.JournalFailure is null ? 1 : 0);
        metrics.Family("axoneme_manifest_errors", "gauge", "Errors in manifests now.").Value(manifests.Errors.Count);
        return metrics._text.ToString();
    }

    private MetricsText Family(string name, string type, string help)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        _family = name;
        return this;
    }

    private void Value(double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_family);
        for (var i = 0; i < labels.Length; i++)
        {
            var escaped = labels[i].Value.Replace("\\", "\\\\").Replace("\n", "\\n").Replace("\"", "\\\"");
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(escaped).Append('"');
        }
        _text.Append(labels.Length > 0 ? "} " : " ").Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }
}
