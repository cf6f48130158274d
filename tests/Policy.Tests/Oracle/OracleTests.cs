using Axoneme.PolicyOracle;
using Axoneme.PolicyOracle.Generation;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>
/// The engine against an oracle that shares no code with it (tests/PolicyOracle). A failing case is made as small as it gets and printed as YAML.
/// AXONEME_CASES sets how many cases are tried.
/// </summary>
public sealed class OracleTests
{
    private static readonly Config Cases = Config.QuickThrowOnFailure.WithMaxTest(
        int.TryParse(Environment.GetEnvironmentVariable("AXONEME_CASES"), out var cases) ? cases : 5000);

    private const int MostQuestions = 60;
    private const int MostRequests = 12;

    private static readonly Arbitrary<PolicyCase> Worlds =
        Arb.From(PolicyCases.Any(MostQuestions).Select(made => made with { World = JudgedWorld.DualStack(made.World) }), PolicyCases.Shrink);

    [Fact]
    public void The_engine_says_what_the_documents_say() => Prop.ForAll(Worlds, made => Holds(FirstDifference(made), made)).Check(Cases);

    private static string? FirstDifference(PolicyCase made)
    {
        var oracle = new PolicyOracle.Oracle(made.World, made.Documents);
        var world = new JudgedWorld(made.World, made.Documents);
        foreach (var subject in world.Subjects)
        {
            world.Engine.Track(subject);
        }

        foreach (var question in made.Questions)
        {
            var (expected, found) = (oracle.Judge(question), world.Decide(question));
            if (Difference(expected, found, IsExempt(question, made.World), world) is { } difference)
            {
                return $"{question}: {difference}; expected {expected}";
            }

            if (found.Inspection is { } inspection)
            {
                foreach (var request in Some(SampleRequests.For(question.Traffic), question))
                {
                    if (inspection.Permits(Requests.From(request)) != oracle.JudgeRequest(question, request))
                    {
                        return $"{question}: {request} is {(inspection.Permits(Requests.From(request)) ? "permitted" : "refused")}; expected the opposite of {expected}";
                    }
                }
            }
        }

        return null;
    }

    /// <summary>Some of them, other ones for other questions.</summary>
    private static IEnumerable<PolicyOracle.Request> Some(IReadOnlyList<PolicyOracle.Request> requests, Question question)
    {
        var step = 1 + (requests.Count / MostRequests);
        var first = (question.Subject.Length + question.Peer.Length + question.Traffic.Number) % step;
        return requests.Where((_, i) => i % step == first);
    }

    /// <summary>A pod's own node need not authenticate: the documents are silent, and probes of the node would fail.</summary>
    private static bool IsExempt(Question question, World world) =>
        question.Direction == Direction.Ingress && world.Find(question.Subject) is Endpoint && world.Find(question.Peer).IsReserved("host");

    private static string? Difference(Verdict expected, PolicyInterval found, bool isExempt, JudgedWorld world)
    {
        var kind = found.Verdict switch
        {
            PolicyVerdict.Deny => VerdictKind.Denied,
            PolicyVerdict.Allow => VerdictKind.Allowed,
            _ => VerdictKind.Inspected,
        };
        if (kind != expected.Kind)
        {
            return $"found {kind} by {world.Engine.DescribeRule(found.Rule)}";
        }

        if (!isExempt && expected.MutualAuthentication != (found.Authentication != AuthenticationMode.Disabled))
        {
            return $"found authentication {found.Authentication}";
        }

        var rules = expected.Reason switch
        {
            VerdictReason.DefaultDeny => [ImplicitRule.None],
            VerdictReason.DefaultAllow => [ImplicitRule.NotEnforced],
            VerdictReason.LocalHost => [ImplicitRule.FromHost],
            _ => (uint[])[],
        };
        var named = world.Engine.DescribeRule(found.Rule)!;
        return rules.Contains(found.Rule) || expected.Rules.Any(rule => named.PolicyKey == $"{rule.Kind}/{rule.Namespace}/{rule.Name}" && named.Section == rule.Section)
            ? null
            : $"found rule {named}";
    }

    private static Property Holds(string? difference, PolicyCase made) => (difference is null).Label($"{difference}\n{made.ToYaml()}");
}
