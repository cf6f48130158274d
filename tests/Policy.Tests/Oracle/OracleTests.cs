using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>The engine against judging packets one by one. AXONEME_CASES sets how many worlds are tried.</summary>
public sealed class OracleTests
{
    private static readonly string[] Protocols = ["TCP", "UDP", "SCTP", "ICMP"];
    private static readonly int[] SomePorts = [1, 2, 3, 5, 6, 8, 11, 12, 13, 17, 18, 80];

    private static readonly Config Cases = Config.QuickThrowOnFailure.WithMaxTest(
        int.TryParse(Environment.GetEnvironmentVariable("AXONEME_CASES"), out var cases) ? cases : 1000);

    [Fact]
    public void Entries_say_what_judging_every_packet_says() =>
        Prop.ForAll(Generators.PolicySets, policies => Check(FirstDifference(new World(policies), policies), policies)).Check(Cases);

    [Fact]
    public void Arriving_in_any_order_and_going_again_leaves_no_trace() =>
        Prop.ForAll(Generators.PolicySets, Generators.PolicySets, (policies, passing) =>
        {
            var gone = passing.Select(policy => policy with { Number = policy.Number + 100 }).ToList();
            var world = new World(policies);
            gone.ForEach(world.Add);
            world.Engine.UpsertIdentity(9999, LabelSet.Parse(["k8s:app=web", "k8s:io.kubernetes.pod.namespace=one", "k8s:io.cilium.k8s.policy.cluster=default"]));
            gone.ForEach(policy => world.Engine.RemovePolicy(policy.Key));
            world.Engine.RemoveIdentity(9999);
            var fresh = new World(policies.Reverse(), policiesFirst: true);
            var different = Subjects().FirstOrDefault(subject => !world.Engine.Resolve(subject).Equals(fresh.Engine.Resolve(subject)));
            return Check(different is null ? null : $"policy of {different.Labels} differs", [.. policies, .. gone]);
        }).Check(Cases);

    [Fact]
    public void Adding_an_allow_rule_never_opens_what_is_denied() =>
        Prop.ForAll(Generators.PolicySets, policies =>
        {
            var world = new World(policies);
            var before = Subjects().ToDictionary(subject => subject, world.Engine.Resolve);
            var everybody = new WrittenPeers("Entities: [all]", (_, _) => true);
            world.Add(new WrittenPolicy(50, "one", null, null, null, [new WrittenRule(true, false, everybody, null), new WrittenRule(false, false, everybody, null)]));
            var opened = before.SelectMany(subject => Denied(subject.Value).Where(denied =>
                world.Engine.Resolve(subject.Key).Lookup(denied.Key.Direction, denied.Key.Identity, denied.Class).Verdict != PolicyVerdict.Deny)).ToList();
            return Check(opened.Count == 0 ? null : $"opened: {opened[0]}", policies);
        }).Check(Cases);

    /// <summary>Both ends of everything a written rule denies.</summary>
    private static IEnumerable<(PolicyMapKey Key, uint Class)> Denied(ResolvedPolicy resolved) =>
        from entry in resolved.Entries
        from interval in entry.Value
        where interval.Verdict == PolicyVerdict.Deny
        from trafficClass in (uint[])[interval.Low, interval.High]
        select (entry.Key, trafficClass);

    private static IEnumerable<PolicySubject> Subjects() =>
        Generators.Parties.Where(party => party.App is not null).Select(party => new PolicySubject(World.LabelsOf(party)));

    private static string? FirstDifference(World world, WrittenPolicy[] policies)
    {
        foreach (var subject in Generators.Parties.Where(party => party.App is not null))
        {
            var resolved = world.Engine.Resolve(new PolicySubject(World.LabelsOf(subject)));
            AssertWellFormed(resolved);
            foreach (var peer in Generators.Parties)
            {
                foreach (var packet in from protocol in Protocols
                                       from port in SomePorts
                                       from ingress in (bool[])[true, false]
                                       select new Packet(subject.App!, subject.Namespace!, ingress, peer, protocol, port))
                {
                    var trafficClass = TrafficMatch.ClassOf(Enum.Parse<IpProtocol>(packet.Protocol, ignoreCase: true), (ushort)packet.Port);
                    var found = resolved.Lookup(packet.Ingress ? PolicyDirection.Ingress : PolicyDirection.Egress, world.IdentityOf(peer), trafficClass);
                    var expected = PlainVerdict.Allows(policies, packet);
                    if ((found.Verdict == PolicyVerdict.Allow) != expected)
                    {
                        return $"{packet}: engine says {found}, the oracle {(expected ? "allow" : "deny")}";
                    }
                }
            }
        }

        return null;
    }

    private static void AssertWellFormed(ResolvedPolicy resolved)
    {
        foreach (var (key, intervals) in resolved.Entries)
        {
            Assert.NotEmpty(intervals);
            Assert.All(intervals, interval => Assert.True(interval.Low <= interval.High && interval.High <= TrafficMatch.LastClass));
            Assert.All(intervals.Zip(intervals.Skip(1)), pair => Assert.True(pair.First.High < pair.Second.Low));
            if (key.Identity != 0 && resolved.Entries.TryGetValue(key with { Identity = 0 }, out var shared))
            {
                Assert.False(intervals.SequenceEqual(shared), $"{key} repeats what identity 0 says");
            }
        }
    }

    private static Property Check(string? difference, WrittenPolicy[] policies) =>
        (difference is null).Label($"{difference}\n{string.Join("---\n", policies.Select(policy => policy.ToYaml()))}");
}
