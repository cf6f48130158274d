using System.Collections.Immutable;
using System.Text.Json;
using Axoneme.PolicyOracle;
using Axoneme.PolicyOracle.Generation;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>Changes one after another come to the same as everything at once: key → verdict and rule names.</summary>
public sealed class IncrementalTests
{
    private static readonly Config Cases = Config.QuickThrowOnFailure.WithMaxTest(
        int.TryParse(Environment.GetEnvironmentVariable("AXONEME_CASES"), out var cases) ? cases : 5000);

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (4, Gen.Choose(0, 7).SelectMany(i => PolicyCases.Policy($"policy{i}")).Select(document => (Step)new Put(document))),
        (2, Gen.Choose(0, 100).Select(place => (Step)new Take(place))),
        (2, Gen.Choose(20, 29).SelectMany(number => PolicyCases.Pod($"n{number}", number)).Select(pod => (Step)new Join(pod))),
        (2, Gen.Choose(0, 100).SelectMany(place => PolicyCases.Pod("other", 30).Select(pod => (Step)new Change(place, pod)))),
        (1, Gen.Choose(0, 100).Select(place => (Step)new Leave(place))));

    private static readonly Arbitrary<History> Histories = Arb.From(
        from start in PolicyCases.Any(1)
        from count in Gen.Choose(1, 8)
        from steps in Gen.CollectToArray(Enumerable.Range(0, count), _ => AnyStep)
        select new History(start with { World = JudgedWorld.DualStack(start.World) }, steps),
        history => history.Steps.Select((_, at) => history with { Steps = [.. history.Steps.Where((_, i) => i != at)] })
            .Concat(PolicyCases.Shrink(history.Start).Select(smaller => history with { Start = smaller })));

    [Fact]
    public void What_came_step_by_step_is_what_everything_at_once_comes_to() => Prop.ForAll(Histories, history =>
    {
        var difference = FirstDifference(history.Start, history.Steps);
        return (difference is null).Label($"{difference}\n{history}");
    }).Check(Cases);

    private static string? FirstDifference(PolicyCase start, Step[] steps)
    {
        var numbers = new Dictionary<string, uint>();
        var control = new ControlTraffic { TunnelPort = 8472, ControlPlanePort = 9871 };
        var world = new JudgedWorld(start.World, start.Documents, numbers, control);
        var documents = start.Documents.ToList();
        var tracked = new HashSet<PolicySubject>();
        var replicas = new Dictionary<PolicySet, Replica>();
        foreach (var step in steps.Prepend(new Nothing()))
        {
            step.Do(world, documents);
            Track(world, tracked);
            var fresh = new JudgedWorld(world.World, Enumerable.Reverse(documents), numbers, control);
            foreach (var set in world.Engine.Sets)
            {
                replicas.TryAdd(set, new Replica(set));
                replicas[set].Read();
            }

            foreach (var subject in tracked)
            {
                fresh.Engine.Track(subject);
                var expected = Names(fresh.Engine, fresh.Engine.SetOf(subject)!.ToResolved());
                if (!Names(world.Engine, world.Engine.SetOf(subject)!.ToResolved()).SequenceEqual(expected))
                {
                    return $"{subject.Labels} after {step}: entries differ";
                }

                if (!Names(world.Engine, replicas[world.Engine.SetOf(subject)!].Resolved).SequenceEqual(expected))
                {
                    return $"{subject.Labels} after {step}: a change was not told";
                }
            }

            if (!world.Engine.CidrPrefixes.ToHashSet().SetEquals(fresh.Engine.CidrPrefixes) || !world.Engine.DnsPatterns.ToHashSet().SetEquals(fresh.Engine.DnsPatterns))
            {
                return $"after {step}: other prefixes or names are wanted";
            }
        }

        return null;
    }

    private static void Track(JudgedWorld world, HashSet<PolicySubject> tracked)
    {
        var now = world.Subjects.ToHashSet();
        foreach (var gone in tracked.Where(subject => !now.Contains(subject)).ToList())
        {
            tracked.Remove(gone);
            world.Engine.Untrack(gone);
        }

        foreach (var subject in now.Where(tracked.Add))
        {
            world.Engine.Track(subject);
        }
    }

    private static IEnumerable<string> Names(PolicyEngine engine, ResolvedPolicy resolved) =>
        from entry in resolved.Entries
        let text = string.Join(' ', entry.Value.Select(interval => $"{interval.Low:x}-{interval.High:x}:{interval.Verdict}/{interval.Authentication}/{interval.Inspection?.Unrestricted}{string.Join('+', interval.Inspection?.Alternatives ?? [])}@{engine.DescribeRule(interval.Rule)}"))
        orderby entry.Key.Direction, entry.Key.Identity
        select $"{entry.Key} {text} {resolved.IngressEnforced} {resolved.EgressEnforced}";

    /// <summary>What somebody holds who reads changes only, as a node does.</summary>
    private sealed class Replica(PolicySet set)
    {
        private readonly Dictionary<PolicyMapKey, ImmutableArray<PolicyInterval>> _entries = [];
        private bool _ingressEnforced;
        private bool _egressEnforced;

        public ResolvedPolicy Resolved => new() { IngressEnforced = _ingressEnforced, EgressEnforced = _egressEnforced, Entries = _entries };

        public void Read()
        {
            var changed = set.TakeChanged();
            if (changed is null)
            {
                (_ingressEnforced, _egressEnforced) = (set.IngressEnforced, set.EgressEnforced);
                _entries.Clear();
                changed = [.. set.Entries().Select(entry => entry.Key)];
            }

            foreach (var key in changed)
            {
                if (set.Entry(key) is { } intervals)
                {
                    _entries[key] = intervals;
                }
                else
                {
                    _entries.Remove(key);
                }
            }
        }
    }

    private sealed record History(PolicyCase Start, Step[] Steps)
    {
        public override string ToString() => $"{Start.ToYaml()}\n{string.Join('\n', Steps.Select(step => step.ToString()))}";
    }

    private abstract record Step
    {
        public abstract void Do(JudgedWorld world, List<JsonElement> documents);

        protected static void Replace(List<JsonElement> documents, JsonElement? document, string key)
        {
            documents.RemoveAll(other => PolicyParser.Parse(other).Policy!.Key == key);
            if (document is { } added)
            {
                documents.Add(added);
            }
        }
    }

    private sealed record Nothing : Step
    {
        public override void Do(JudgedWorld world, List<JsonElement> documents)
        {
        }
    }

    private sealed record Put(JsonElement Document) : Step
    {
        public override void Do(JudgedWorld world, List<JsonElement> documents)
        {
            Replace(documents, Document, PolicyParser.Parse(Document).Policy!.Key);
            world.Put(Document);
        }

        public override string ToString() => $"put {Document}";
    }

    private sealed record Take(int Place) : Step
    {
        public override void Do(JudgedWorld world, List<JsonElement> documents)
        {
            if (documents.Count > 0)
            {
                var document = documents[Place % documents.Count];
                documents.Remove(document);
                world.Take(document);
            }
        }
    }

    private sealed record Join(Endpoint Pod) : Step
    {
        public override void Do(JudgedWorld world, List<JsonElement> documents)
        {
            if (world.World.Endpoints.All(endpoint => endpoint.Name != Pod.Name))
            {
                world.Add(Pod);
            }
        }
    }

    private sealed record Change(int Place, Endpoint Other) : Step
    {
        public override void Do(JudgedWorld world, List<JsonElement> documents)
        {
            if (world.World.Endpoints.Count > 0)
            {
                world.Change(world.World.Endpoints[Place % world.World.Endpoints.Count].Name, Other);
            }
        }
    }

    private sealed record Leave(int Place) : Step
    {
        public override void Do(JudgedWorld world, List<JsonElement> documents)
        {
            Party[] those = [.. world.World.Endpoints, .. world.World.Outside];
            if (those.Length > 0)
            {
                world.Remove(those[Place % those.Length]);
            }
        }
    }
}
