using Axoneme.ControlPlane.StateLog;
using Axoneme.Kubernetes;
using Axoneme.Policy;
using Axoneme.Wire.Admin;

namespace Axoneme.ControlPlane.Admin;

/// <summary>Answers what policies come to, and what others would come to, from the records in force. Changes nothing.</summary>
internal sealed class PolicyQuestions(RevisionLog log, string clusterName)
{
    /// <exception cref="InvalidRequestException">The request names nothing that is there.</exception>
    public PolicyExplanationView Explain(PolicyExplainRequest request)
    {
        var (fromNode, toNode) = (FlowEndNames.NodeOf(log, request.From), FlowEndNames.NodeOf(log, request.To));
        var world = LivePolicyWorld.Read(log, clusterName, out var nodes, fromNode ?? toNode);
        var explainer = new FlowExplainer(world);
        var names = new FlowEndNames(log, world, explainer, nodes);
        var from = names.Find("from", request.From, toNode);
        var to = names.Find("to", request.To, fromNode);
        var traffic = FlowTraffic.Parse(request.Port, request.Protocol, to.NamedPorts);
        var explained = explainer.Explain(from.Identity, to.Identity, traffic.Protocol, traffic.Port, to.Endpoint, from.Endpoint);
        return new PolicyExplanationView(
            View(from), View(to), traffic.ToString(), explained.Verdict.ToString(), EnforcementGaps.Of(explained.Verdict),
            PolicyViews.Of(explained.Egress), PolicyViews.Of(explained.Ingress),
            [.. new[] { from.Note, to.Note }.OfType<string>().Distinct()]);

        FlowEndView View(FlowEnd end) => new(end.Name, end.Identity, explainer.LabelsOf(end.Identity)!.ToStrings());
    }

    /// <exception cref="InvalidRequestException">A document is refused, or a policy to delete is not there.</exception>
    public PolicyDiffView Diff(PolicyDiffRequest request)
    {
        var before = LivePolicyWorld.Read(log, clusterName, out _);
        var policies = before.Policies.ToBuilder();
        var notes = new List<string>();
        foreach (var key in request.Delete ?? [])
        {
            if (!policies.Remove(key))
            {
                throw new InvalidRequestException(
                    "delete", $"\"{key}\" is not in force", "write Kind/namespace/name, the namespace empty for cluster-wide kinds; GET /v1/state/policy lists what is in force");
            }
        }

        var read = YamlDocuments.Read("documents", request.Documents ?? "");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var document in read.Documents)
        {
            if (!PolicyParser.Kinds.Contains(document.Kind))
            {
                notes.Add($"document {document.Index}: {document.Kind} {document.Name} is no policy and is left out");
                continue;
            }

            var parsed = PolicyParser.Parse(document.Body);
            if (parsed.Policy is not { } policy)
            {
                throw Refused([.. parsed.Errors.Select(error => document.Error(error.FieldPath, error.Message))]);
            }

            if (!seen.Add(policy.Key))
            {
                throw Refused([document.Error("metadata.name", $"{policy.Key} is written twice; remove or rename one")]);
            }

            policies[policy.Key] = policy;
            notes.AddRange(EnforcementGaps.Of(policy).Select(gap => $"{policy.Key}: {gap}"));
        }

        if (read.Errors.Length > 0)
        {
            throw Refused(read.Errors);
        }

        if (seen.Count == 0 && request.Delete is not { Count: > 0 })
        {
            throw new InvalidRequestException("documents", "hold no policy and nothing is to be deleted", $"write objects of kind {string.Join(", ", PolicyParser.Kinds)}");
        }

        var after = before with { Policies = policies.ToImmutable() };
        return PolicyViews.Of(PolicyDiff.Compare(before, after), before, notes);
    }

    private static InvalidRequestException Refused(IReadOnlyList<ManifestError> errors) =>
        new("documents", string.Join("; ", errors), "`axoneme policy validate FILE` shows every error");
}
