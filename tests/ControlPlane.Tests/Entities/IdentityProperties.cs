using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Identities;
using Axoneme.ControlPlane.Tests.Engine;
using Axoneme.Persistence;
using Axoneme.Persistence.InMemory;
using Axoneme.Wire.State;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Entities;

/// <summary>Mission row 3: no two label sets share a number, no label set has two, across crash and restart.</summary>
public sealed class IdentityProperties
{
    private const int PodCount = 5;
    private const int LabelSets = 6;

    /// <summary>What happens in a run. <c>Kind</c> chooses the action, the rest its object.</summary>
    public sealed record Happening(int Kind, int Pod, int Labels);

    [Fact]
    public void No_two_label_sets_share_a_number_and_no_label_set_has_two_whatever_happens()
    {
        var happening =
            from kind in Gen.Choose(0, 11)
            from pod in Gen.Choose(0, PodCount - 1)
            from labels in Gen.Choose(0, LabelSets - 1)
            select new Happening(kind, pod, labels);
        var run = Gen.Sized(size => Gen.ArrayOf(happening, 5 + size));

        Prop.ForAll(run.ToArbitrary(), happenings => HoldsAsync(happenings))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    private static async Task HoldsAsync(Happening[] happenings)
    {
        var time = new TestTime();
        var journal = new InMemoryJournal(time);
        // Every number ever seen for a label set: a pair once published must never be contradicted, also not after removal.
        var everGiven = new Dictionary<uint, string>();
        var options = new EngineOptions { Tick = TimeSpan.FromMilliseconds(5) };
        await using var engine = await EngineFixture.StartAsync(() => journal, time, options, Given.Kinds(shards: 2));
        var wanted = new Dictionary<string, string>();

        foreach (var happening in happenings)
        {
            await HappenAsync(engine, journal, time, wanted, happening);
            Remember(everGiven, engine);
        }

        journal.FailCommit = null;
        await engine.CrashAndRestartAsync();
        await Waiting.UntilAsync(() => Converged(engine, wanted), "every wanted pod has its identity");
        Remember(everGiven, engine);
        // Stopped, nothing is under way between journal and state log.
        await engine.Engine.DisposeAsync();
        Assert.Equal(
            journal.Claims.OrderBy(c => c.Key).Select(c => (c.Key, c.Value)),
            engine.Log.List(RecordKind.Identity).Select(r => (r.Identity.Number, LabelText.Join(r.Identity.Labels))).Order());
    }

    private static async Task HappenAsync(
        EngineFixture engine, InMemoryJournal journal, TestTime time, Dictionary<string, string> wanted, Happening happening)
    {
        var (name, app) = ($"pod-{happening.Pod}", $"app-{happening.Labels}");
        var endpoint = EndpointKind.AddressOf("default", name);
        switch (happening.Kind)
        {
            case <= 4:
                if (await TryAsync(engine.AskAsync(endpoint, new ApplyPod(Given.Pod(name, app)))))
                {
                    wanted[name] = app;
                }
                break;
            case <= 6:
                if (await TryAsync(engine.AskAsync(endpoint, new RemovePod())))
                {
                    wanted.Remove(name);
                }
                break;
            case 7:
                var report = Given.Report(name, $"c{happening.Labels}", $"10.0.0.{happening.Pod}", removed: happening.Labels % 2 == 0);
                await TryAsync(engine.AskAsync(endpoint, new ReportEndpoint(report)));
                break;
            case 8:
                time.Advance(TimeSpan.FromMinutes(11));
                foreach (var shard in new IdentityShards(2).All)
                {
                    await TryAsync(engine.AskAsync(shard, new SweepIdentities(TimeSpan.FromMinutes(10))));
                }
                break;
            case 9:
                journal.FailCommit = journal.FailCommit is null ? _ => new JournalUnavailableException("disk full") : null;
                break;
            case 10:
                // Stopped with a command and its effects under way: it may or may not have happened.
                var underWay = TryAsync(engine.AskAsync(endpoint, new ApplyPod(Given.Pod(name, app))));
                await engine.CrashAndRestartAsync();
                if (await underWay || engine.Engine.List(EndpointKind.KindName).Contains(endpoint))
                {
                    journal.FailCommit = null;
                    await engine.AskAsync(endpoint, new ApplyPod(Given.Pod(name, app)));
                    wanted[name] = app;
                }
                break;
            default:
                await engine.CrashAndRestartAsync();
                break;
        }
    }

    private static async Task<bool> TryAsync(Task<Done> asked)
    {
        try
        {
            await asked;
            return true;
        }
        catch (Exception failure) when (failure is JournalUnavailableException or EngineStoppedException)
        {
            return false;
        }
    }

    private static void Remember(Dictionary<uint, string> everGiven, EngineFixture engine)
    {
        var records = engine.Log.List(RecordKind.Identity).Select(r => r.Identity).ToArray();
        Assert.Equal(records.Length, records.Select(r => LabelText.Join(r.Labels)).Distinct().Count());
        foreach (var identity in records)
        {
            var labels = LabelText.Join(identity.Labels);
            Assert.True(
                everGiven.TryAdd(identity.Number, labels) || everGiven[identity.Number] == labels,
                $"number {identity.Number} was {everGiven[identity.Number]} and is {labels}");
            Assert.InRange(identity.Number, 256u, 65535u);
        }
        foreach (var pod in engine.Log.List(RecordKind.Pod).Select(r => r.Pod))
        {
            var labels = engine.Log.Find(RecordKind.Identity, $"{pod.Identity}")?.Identity.Labels;
            Assert.True(labels is not null && labels.SequenceEqual(pod.Labels), $"{pod.Name} has identity {pod.Identity}, which is {labels}");
        }
    }

    private static bool Converged(EngineFixture engine, Dictionary<string, string> wanted)
    {
        var published = engine.Log.List(RecordKind.Pod).ToDictionary(r => r.Pod.Name, r => r.Pod.Labels[0]);
        return published.Count == wanted.Count && wanted.All(w => published.GetValueOrDefault(w.Key) == $"k8s:app={w.Value}");
    }
}
