using System.Runtime.InteropServices;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Tests.Support;
using static Axoneme.Datapath.Tests.Loading.MapUpgradeTests;

namespace Axoneme.Datapath.Tests.Loading;

/// <summary>An upgrade that ends at any of its steps: verdicts go on, and the next start finishes it.</summary>
public class KilledUpgradeTests
{
    [Fact]
    public void Killed_at_any_step_of_a_change_of_sizes_nothing_is_lost()
    {
        var after = 0;
        for (var ended = true; ended; after++)
        {
            using var node = new TestNode();
            var (pod, link) = node.AddPod();
            var larger = node.Options with { ConntrackEntries = 2048, HostEntries = 2048, PolicyRangeEntries = 2048, NatEntries = 2048, EventRingBytes = 1 << 17 };
            using (var before = Open(node, node.Options))
            {
                Fill(before);
                node.Namespace.Run(() => before.Attach(link.Index));
            }

            var at = KillAfter(node, larger, after);
            ended = at is not null;
            Assert.True(Traffic.StaysOut(pod, node.Namespace, "10.9.0.1"), $"killed after \"{at}\": what was denied is denied");
            using (var next = Open(node, larger))
            {
                AssertFilled(next);
                Assert.Equal((2048u, 2048u), (next.Hosts.Capacity, next.Conntrack4.Capacity));
                Assert.Equal([link.Index], node.Namespace.Run(() => next.AttachedInterfaces()));
            }

            AssertSettled(node);
            Assert.True(Traffic.StaysOut(pod, node.Namespace, "10.9.0.1"), $"killed after \"{at}\", then finished: what was denied is denied");
        }

        Assert.True(after > 20, $"{after} steps");
    }

    [Fact]
    public void Killed_at_any_step_and_started_with_yet_other_sizes_nothing_is_lost()
    {
        var after = 0;
        for (var ended = true; ended; after += 3)
        {
            using var node = new TestNode();
            using (var before = Open(node, node.Options))
            {
                Fill(before);
            }

            ended = KillAfter(node, node.Options with { ConntrackEntries = 2048, HostEntries = 2048, PolicyRangeEntries = 2048 }, after) is not null;
            using var next = Open(node, node.Options with { ConntrackEntries = 4096, HostEntries = 4096, NatEntries = 4096 });
            AssertFilled(next);
            AssertSettled(node);
        }
    }

    [Fact]
    public void Killed_at_any_step_of_a_change_of_layout_either_the_old_maps_judge_or_the_filled_new_ones()
    {
        var after = 0;
        for (var ended = true; ended; after++)
        {
            using var node = new TestNode();
            var (pod, link) = node.AddPod();
            using (var older = OlderVersion.Install(node, link.Index, FlagsWereZone))
            {
                // The older programs let pass whom their map `endpoints` knows.
                older.Put("endpoints", BitConverter.GetBytes(link.Index), new byte[Marshal.SizeOf<EndpointEntry>()]);
            }

            var at = KillAfter(node, node.Options, after, fill: true);
            ended = at is not null;
            var isSwitched = at is null or "attachments switched" or "connections carried over" || at.EndsWith("switched", StringComparison.Ordinal) || at.EndsWith("pinned", StringComparison.Ordinal);
            Assert.True(isSwitched ? Traffic.StaysOut(node.Namespace, pod, "10.9.0.2") : Traffic.Reaches(node.Namespace, pod, "10.9.0.2"));
            using (var next = Open(node, node.Options))
            {
                if (next.AwaitsContents)
                {
                    next.Hosts.Put(default, new IpcacheEntry { Identity = 5 });
                    node.Namespace.Run(next.TakeOver);
                }

                Assert.Equal(5u, next.Hosts.Entries().Single().Value.Identity);
                Assert.Empty(next.Endpoints.Entries());
            }

            AssertSettled(node);
            Assert.True(Traffic.StaysOut(node.Namespace, pod, "10.9.0.2"), "today's programs know no such endpoint");
        }

        Assert.True(after > 20, $"{after} steps");
    }

    /// <summary>Starts and ends after some steps, leaving what the kernel keeps of a killed process; null when there were not as many.</summary>
    private static string? KillAfter(TestNode node, DatapathOptions options, int steps, bool fill = false)
    {
        string? at = null;
        try
        {
            node.Namespace.Run(() =>
            {
                using var datapath = NodeDatapath.Open(options, OlderVersion.ObjectNamed, step =>
                {
                    if (steps-- == 0)
                    {
                        at = step;
                        throw new TimeoutException(step);
                    }
                });
                if (fill)
                {
                    Assert.True(datapath.AwaitsContents);
                    datapath.Hosts.Put(default, new IpcacheEntry { Identity = 5 });
                    datapath.TakeOver();
                }
            });
        }
        catch (TimeoutException)
        {
            // Killed.
        }

        return at;
    }
}
