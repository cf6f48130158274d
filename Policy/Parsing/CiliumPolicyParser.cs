using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Axoneme.Policy;

/// <summary>Reads CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (cilium.io/v2).</summary>
internal static class CiliumPolicyParser
{
    private const int LongestLog = 32;
    private static readonly string[] RuleLists = ["ingress", "ingressDeny", "egress", "egressDeny"];

    public static PolicyObject? Parse(FieldReader root, bool namespaced)
    {
        var header = ObjectHeader.Read(root, namespaced);
        var specs = ImmutableArray.CreateBuilder<PolicySpec>();
        if (root.Object("spec") is { } only && ParseSpec(only, header, "") is { } single)
        {
            specs.Add(single);
        }

        foreach (var spec in root.Objects("specs"))
        {
            if (ParseSpec(spec, header, spec.Path + ".") is { } parsed)
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

    private static PolicySpec? ParseSpec(FieldReader spec, ObjectHeader header, string sectionPrefix)
    {
        spec.String("description");
        CheckLabels(spec);
        var log = ParseLog(spec);
        var subject = ParseSubject(spec, header);
        var scope = new PolicyScope(header.Namespace, subject?.IsInit ?? false, spec.Has("nodeSelector"));
        var defaultDeny = spec.Object("enableDefaultDeny");
        var ingressDeny = defaultDeny?.Boolean("ingress");
        var egressDeny = defaultDeny?.Boolean("egress");
        defaultDeny?.Finish();

        var rules = ImmutableArray.CreateBuilder<PolicyRule>();
        foreach (var list in RuleLists)
        {
            foreach (var rule in spec.Objects(list))
            {
                var section = sectionPrefix + rule.Path[(spec.Path.Length + 1)..];
                rules.Add(CiliumRuleParser.Parse(rule, list, section, scope));
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
            IsForNodes = scope.SubjectIsNode,
            IngressDefaultDeny = ingressDeny ?? rules.Any(rule => rule.Direction == PolicyDirection.Ingress),
            EgressDefaultDeny = egressDeny ?? rules.Any(rule => rule.Direction == PolicyDirection.Egress),
            Rules = rules.ToImmutable(),
            Log = log,
        };
    }

    private static SubjectSelector? ParseSubject(FieldReader spec, ObjectHeader header)
    {
        var ns = header.Namespace;
        if (spec.Object("nodeSelector") is { } nodes)
        {
            if (ns.Length > 0)
            {
                nodes.Refuse("", $"cannot be in a {header.Kind}; write a CiliumClusterwideNetworkPolicy for nodes");
            }

            spec.RefusePresent("endpointSelector", "cannot go with nodeSelector; write a policy of its own for each");
            return new SubjectSelector(new Selector(SelectorParser.Parse(nodes, fixedSource: null)), IsInit: false);
        }

        if (spec.Object("endpointSelector") is not { } endpoints)
        {
            if (!spec.Has("endpointSelector") && !spec.Has("nodeSelector"))
            {
                spec.Refuse("endpointSelector", "is missing; write {} for every endpoint");
            }

            return null;
        }

        var requirements = SelectorParser.Parse(endpoints, fixedSource: null);
        var isInit = requirements.Any(requirement => requirement is { Source: LabelSource.Reserved, Key: "init" });
        if (ns.Length > 0)
        {
            var foreign = requirements.FirstOrDefault(requirement => IsNamespaceKey(requirement)
                && requirement is { Operator: SelectorOperator.In, Values: [var other] } && other != ns);
            if (foreign is not null)
            {
                endpoints.Refuse("", $"selects namespace {FieldReader.Quote(foreign.Values[0])}, but a policy applies only to its own, {ns}; remove that label or move the policy");
            }

            requirements.Add(LabelRequirement.EqualTo(LabelSource.Kubernetes, LabelKey.PodNamespace, ns));
        }

        return new SubjectSelector(new Selector(requirements), isInit);
    }

    /// <summary>Labels of the policy itself: they mark it for its owner and change no verdict.</summary>
    private static void CheckLabels(FieldReader spec)
    {
        foreach (var label in spec.Objects("labels"))
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

    /// <summary>At most 32 printable characters: none of Unicode's category C (the CRD's <c>^\PC*$</c>).</summary>
    private static string ParseLog(FieldReader spec)
    {
        if (spec.Object("log") is not { } log)
        {
            return "";
        }

        var value = log.String("value") ?? "";
        log.Finish();
        if (value.EnumerateRunes().Skip(LongestLog).Any())
        {
            log.Refuse("value", $"is too long; write at most {LongestLog} characters");
        }
        else if (value.EnumerateRunes().Any(rune => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned))
        {
            log.Refuse("value", "holds a character that cannot be printed; remove it");
        }

        return value;
    }

    internal static bool IsNamespaceKey(LabelRequirement requirement) =>
        requirement.Key == LabelKey.PodNamespace && requirement.Source is LabelSource.Kubernetes or LabelSource.Any;

    private sealed record SubjectSelector(Selector Selector, bool IsInit);
}
