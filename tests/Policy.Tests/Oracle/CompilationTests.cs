using Axoneme.PolicyOracle;
using Axoneme.PolicyOracle.Generation;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>Properties of what is compiled: it is small, well formed, and a deny stays a deny.</summary>
public sealed class CompilationTests
{
    private static readonly Config Cases = CasesOr(1000);

    private static readonly Arbitrary<PolicyCase> Worlds =
        Arb.From(PolicyCases.Any(1).Select(made => made with { World = JudgedWorld.DualStack(made.World) }), PolicyCases.Shrink);

    [Fact]
    public void There_are_no_more_entries_than_a_search_of_all_tables_needs() => Prop.ForAll(Worlds, made =>
    {
        var world = new JudgedWorld(made.World, made.Documents);
        foreach (var subject in world.Subjects)
        {
            var set = world.Engine.Track(subject);
            foreach (var direction in (PolicyDirection[])[PolicyDirection.Ingress, PolicyDirection.Egress])
            {
                var entries = set.Entries().Where(entry => entry.Key.Direction == direction).ToList();
                var needed = SmallestTable.Size(set, direction, world.Engine.Identities.Select(identity => (identity.Key, identity.Value)), subject, world.PortsOf);
                var found = entries.Sum(entry => Math.Max(1, entry.Value.Length));
                if (found * 10 > needed * 12)
                {
                    return false.Label($"{subject.Labels} {direction}: {found} intervals where {needed} would do\n{made.ToYaml()}");
                }
            }
        }

        return true.ToProperty();
    }).Check(Cases);

    [Fact]
    public void Intervals_are_sorted_disjoint_and_within_the_classes_there_are() => Prop.ForAll(Worlds, made =>
    {
        var world = new JudgedWorld(made.World, made.Documents);
        var intervals = world.Subjects.SelectMany(subject => world.Engine.Track(subject).Entries()).Select(entry => entry.Value);
        return intervals.All(list =>
            list.All(interval => interval.Low <= interval.High && interval.High <= TrafficMatch.LastClass)
            && list.Zip(list.Skip(1)).All(pair => pair.First.High < pair.Second.Low));
    }).Check(Cases);

    [Fact]
    public void One_more_policy_that_allows_opens_nothing_that_is_denied() => Prop.ForAll(Arb.From(PolicyCases.Any(1).Zip(PolicyCases.Policy("added"))), pair =>
    {
        var (made, added) = pair;
        var world = new JudgedWorld(JudgedWorld.DualStack(made.World), made.Documents);
        var subjects = world.Subjects.ToList();
        var denied = subjects.SelectMany(subject => world.Engine.Track(subject).Entries().SelectMany(entry => entry.Value
            .Where(interval => interval.Verdict == PolicyVerdict.Deny)
            .SelectMany(interval => (uint[])[interval.Low, interval.High])
            .Select(at => (Subject: subject, entry.Key, At: at)))).ToList();
        world.Put(added);
        var opened = denied.Where(packet => world.Engine.SetOf(packet.Subject)!.Lookup(packet.Key.Direction, packet.Key.Identity, packet.At).Verdict != PolicyVerdict.Deny).ToList();
        return (opened.Count == 0).Label($"{opened.FirstOrDefault()}\n{made.ToYaml()}\n{added}");
    }).Check(CasesOr(5000));

    private static Config CasesOr(int usual) =>
        Config.QuickThrowOnFailure.WithMaxTest(int.TryParse(Environment.GetEnvironmentVariable("AXONEME_CASES"), out var cases) ? cases : usual);
}
