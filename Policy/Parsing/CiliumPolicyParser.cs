using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Reads CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (cilium.io/v2).</summary>
internal static class CiliumPolicyParser
{
    private static readonly string[] RuleLists = ["ingress", "ingressDeny", "egress", "egressDeny"];

    public static PolicyObject? Parse(FieldReader root, bool namespaced)
    {
        var header = ObjectHeader.Read(root, namespaced);
        var specs = ImmutableArray.CreateBuilder<PolicySpec>();
        if (root.Object("spec") is { } only && ParseSpec(only, header.Namespace, "") is { } single)
        {
            specs.Add(single);
        }

        foreach (var spec in root.Objects("specs") ?? [])
        {
            if (ParseSpec(spec, header.Namespace, spec.Path + ".") is { } parsed)
            {
                specs.Add(parsed);
            }
        }

        if (!root.Has("spec") && !root.Has("specs"))
        {
            root.Refuse("spec", "is missing; write spec, or specs for several");
        }

        root.Finish();
        var content = string.Concat(root.Raw("spec") is { } written ? CompactJson.Of(written) : "", root.Raw("specs") is { } more ? CompactJson.Of(more) : "");
        return new RulePolicy(header.Kind, header.Namespace, header.Name, content, specs.ToImmutable());
    }

    private static PolicySpec? ParseSpec(FieldReader spec, string ns, string sectionPrefix)
    {
        spec.String("description");
        CheckLabels(spec);
        CheckLog(spec);
        var subject = ParseSubject(spec, ns);
        var defaultDeny = spec.Object("enableDefaultDeny");
        var ingressDeny = defaultDeny?.Boolean("ingress");
        var egressDeny = defaultDeny?.Boolean("egress");
        defaultDeny?.Finish();

        var rules = ImmutableArray.CreateBuilder<PolicyRule>();
        foreach (var list in RuleLists)
        {
            foreach (var rule in spec.Objects(list) ?? [])
            {
                var section = sectionPrefix + rule.Path[(spec.Path.Length + 1)..];
                rules.Add(CiliumRuleParser.Parse(rule, list, section, ns, subject?.SelectsInit ?? false));
            }
        }

        if (!RuleLists.Any(spec.Has))
        {
            spec.Refuse("", "has no rules; write ingress, ingressDeny, egress or egressDeny (an empty list will do)");
        }

        spec.Finish();

        // A direction with rules is default-deny unless the policy says otherwise; without rules it is the policy's word alone.
        return subject is null ? null : new PolicySpec
        {
            Subject = subject.Selector,
            IngressDefaultDeny = ingressDeny ?? rules.Any(rule => rule.Direction == PolicyDirection.Ingress),
            EgressDefaultDeny = egressDeny ?? rules.Any(rule => rule.Direction == PolicyDirection.Egress),
            Rules = rules.ToImmutable(),
        };
    }

    private static SubjectSelector? ParseSubject(FieldReader spec, string ns)
    {
        if (spec.Object("nodeSelector") is { } nodes)
        {
            NotEnforcedYet.Refuse(nodes, "", "policies for nodes (nodeSelector)");
            if (spec.Has("endpointSelector"))
            {
                spec.Refuse("endpointSelector", "cannot go with nodeSelector; write a policy of its own for each");
            }

            return null;
        }

        if (spec.Object("endpointSelector") is not { } endpoints)
        {
            if (!spec.Has("endpointSelector"))
            {
                spec.Refuse("endpointSelector", "is missing; write {} for every endpoint");
            }

            return null;
        }

        var requirements = SelectorParser.Parse(endpoints, fixedSource: null);
        var selectsInit = requirements.Any(requirement => requirement is { Source: LabelSource.Reserved, Key: "init" });
        if (ns.Length > 0)
        {
            var foreign = requirements.FirstOrDefault(requirement => IsNamespaceKey(requirement)
                && requirement is { Operator: SelectorOperator.In, Values: [var other] } && other != ns);
            if (foreign is not null)
            {
                endpoints.Refuse("", $"selects namespace {foreign.Values[0]}, but a policy applies only to its own, {ns}; remove that label or move the policy");
            }

            requirements.Add(LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.PodNamespace, ns));
        }

        return new SubjectSelector(new Selector(requirements), selectsInit);
    }

    /// <summary>Labels of the policy itself: they mark it for its owner and change no verdict.</summary>
    private static void CheckLabels(FieldReader spec)
    {
        foreach (var label in spec.Objects("labels") ?? [])
        {
            label.String("source");
            label.String("value");
            if (string.IsNullOrEmpty(label.String("key")))
            {
                label.Refuse("key", "is missing; write the label's key");
            }

            label.Finish();
        }
    }

    private static void CheckLog(FieldReader spec)
    {
        if (spec.Object("log") is { } log)
        {
            log.String("value");
            log.Finish();
        }
    }

    internal static bool IsNamespaceKey(LabelRequirement requirement) =>
        requirement.Key == LabelKey.PodNamespace && requirement.Source is LabelSource.Kubernetes or LabelSource.Any;

    private sealed record SubjectSelector(Selector Selector, bool SelectsInit);
}
