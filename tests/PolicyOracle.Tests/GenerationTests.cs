using Axoneme.PolicyOracle.Generation;
using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Axoneme.PolicyOracle.Tests;

/// <summary>The generated cases are answerable, readable and not all of one kind.</summary>
public sealed class GenerationTests(ITestOutputHelper output)
{
    private const int Cases = 3000;

    private const int QuestionsPerCase = 40;

    private const ulong Seed = 1;

    [Fact]
    public void Thousands_of_cases_get_verdicts_of_every_kind_in_fair_shares()
    {
        var reasons = new Dictionary<(VerdictKind, VerdictReason), int>();
        var requests = new Dictionary<bool, int>();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithReplay(new Replay(new Rnd(Seed), null)), Prop.ForAll(PolicyCases.Arbitrary(QuestionsPerCase), one =>
        {
            var oracle = new Oracle(one.World, one.Documents);
            foreach (var question in one.Questions)
            {
                var verdict = oracle.Judge(question);
                var key = (verdict.Kind, verdict.Reason);
                reasons[key] = reasons.GetValueOrDefault(key) + 1;
                Assert.Equal(verdict.Reason is VerdictReason.DenyRule or VerdictReason.AllowRule, verdict.Rules.Count > 0);
                foreach (var request in verdict.Kind == VerdictKind.Inspected ? Some(SampleRequests.For(question.Traffic)) : [])
                {
                    var permitted = oracle.JudgeRequest(question, request);
                    requests[permitted] = requests.GetValueOrDefault(permitted) + 1;
                }
            }
        }));

        var all = reasons.Values.Sum();
        foreach (var (key, count) in reasons)
        {
            output.WriteLine($"{key}: {100.0 * count / all:F1} %");
        }

        output.WriteLine($"requests: {requests[true]} permitted, {requests[false]} not");
        Assert.True(Share(VerdictKind.Denied, VerdictReason.DenyRule) >= 0.03);
        Assert.True(Share(VerdictKind.Denied, VerdictReason.DefaultDeny) >= 0.03);
        Assert.True(Share(VerdictKind.Allowed, VerdictReason.AllowRule) >= 0.03);
        Assert.True(Share(VerdictKind.Inspected, VerdictReason.AllowRule) >= 0.03);
        Assert.True(requests.Values.All(n => n > requests.Values.Sum() / 10));

        // A few are enough to see both answers.
        static IEnumerable<Request> Some(IReadOnlyList<Request> requests) => requests.Where((_, i) => i % 5 == 0);

        double Share(VerdictKind kind, VerdictReason reason) => (double)reasons.GetValueOrDefault((kind, reason)) / all;
    }

    [Fact]
    public void A_case_is_printed_as_yaml_that_reads_back_the_same()
    {
        foreach (var one in Sample(PolicyCases.Any(5), 200))
        {
            var read = YamlReading.Documents(one.ToYaml());
            Assert.Equal(one.Documents.Select(d => d.GetRawText()), read.Select(d => d.GetRawText()));
        }
    }

    [Fact]
    public void Smaller_cases_are_smaller_and_still_get_verdicts()
    {
        foreach (var one in Sample(PolicyCases.Any(5), 30))
        {
            foreach (var smaller in PolicyCases.Shrink(one))
            {
                Assert.True(Size(smaller) < Size(one));
                var oracle = new Oracle(smaller.World, smaller.Documents);
                Assert.All(smaller.Questions, q => oracle.Judge(q));
            }
        }

        static int Size(PolicyCase c) =>
            c.Documents.Sum(d => d.GetRawText().Length) + c.Questions.Count + c.World.Parties.Count() + c.World.Endpoints.Sum(e => e.Ports.Count);
    }

    [Fact]
    public void Shrinking_comes_down_to_what_matters()
    {
        // "Some question is denied by a rule": in the end one policy (and what it refers to), one deny rule, one question.
        var failing = Sample(PolicyCases.Any(200), 300).First(Fails);
        for (var smaller = failing; smaller is not null; smaller = PolicyCases.Shrink(failing).FirstOrDefault(Fails))
        {
            failing = smaller;
        }

        Assert.Single(failing.Questions);
        var policy = Assert.Single(failing.Documents, d => d.GetProperty("kind").GetString()!.EndsWith("Policy", StringComparison.Ordinal));
        output.WriteLine(failing.ToYaml());
        Assert.True(policy.GetRawText().Length < 400);

        static bool Fails(PolicyCase c)
        {
            var oracle = new Oracle(c.World, c.Documents);
            return c.Questions.Any(q => oracle.Judge(q).Reason == VerdictReason.DenyRule);
        }
    }

    [Fact]
    public void Every_field_of_the_language_is_generated()
    {
        var text = string.Concat(Sample(PolicyCases.Any(1), Cases).SelectMany(c => c.Documents).Select(d => d.GetRawText()));
        string[] fields =
        [
            "specs", "endpointSelector", "nodeSelector", "enableDefaultDeny", "ingressDeny", "egressDeny", "fromEndpoints", "toEndpoints", "fromEntities",
            "toEntities", "fromCIDR", "toCIDR", "fromCIDRSet", "toCIDRSet", "except", "cidrGroupRef", "cidrGroupSelector", "fromNodes", "toNodes",
            "toServices", "k8sService", "k8sServiceSelector", "toFQDNs", "matchName", "matchPattern", "toPorts", "endPort", "protocol", "icmps", "family",
            "rules", "http", "kafka", "dns", "serverNames", "listener", "method", "path", "host", "headers", "headerMatches", "mismatch", "role", "apiKey",
            "apiVersion", "clientID", "topic", "authentication", "description", "labels", "log", "matchExpressions", "matchLabels", "policyTypes",
            "podSelector", "namespaceSelector", "ipBlock", "externalCIDRs",
        ];
        string[] words =
        [
            "\"VRRP\"", "\"IGMP\"", "\"SCTP\"", "\"ANY\"", "\"port\":\"0\"", "\"port\":\"http\"", "\"fromEndpoints\":[]", "\"ingress\":[]", "\"ingress\":[{}",
            "\"NotIn\"", "\"DoesNotExist\"", "any:app", "node:role", "reserved:init", "EndpointSlice", "\"Endpoints\"",
            Label.NamespaceLabels + "team", Label.Cluster, Label.ServiceAccount,
        ];
        var missing = fields.Select(f => $"\"{f}\":").Concat(words).Where(f => !text.Contains(f, StringComparison.Ordinal));
        Assert.Equal("", string.Join(' ', missing));
    }

    [Fact]
    public void More_policies_pods_and_addresses_can_be_had()
    {
        foreach (var (one, policy) in Sample(PolicyCases.Any(1).Zip(PolicyCases.Policy("more")), 100).Select(t => (t.Item1, t.Item2)))
        {
            Assert.Equal("more", policy.GetProperty("metadata").GetProperty("name").GetString());
            var pod = Sample(PolicyCases.Pod("late", 30), 1).Single();
            Assert.DoesNotContain(one.World.Parties, p => p.Name == pod.Name);
            if (Sample(PolicyCases.OutsideAddress(one.World), 1).Single() is { } address)
            {
                Assert.DoesNotContain(one.World.Outside, o => o.Address.Equals(address.Address));
            }
        }
    }

    private static T[] Sample<T>(Gen<T> gen, int count) => Gen.Sample(gen, count, new Rnd(Seed), 50);
}
