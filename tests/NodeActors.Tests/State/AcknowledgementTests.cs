using System.Net;
using Axoneme.Datapath.InMemory;
using Axoneme.NodeActors.Local;
using Axoneme.NodeActors.State;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Persistence.InMemory;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.State;

/// <summary>What whoever hears of an acknowledgement sees.</summary>
public class AcknowledgementTests
{
    [Fact]
    public async Task Who_hears_that_a_revision_is_in_force_finds_it_in_the_view()
    {
        await using var journal = new InMemoryJournal();
        await using var store = new LocalStore(journal, TimeProvider.System, NullLogger<LocalStore>.Instance);
        store.Start();
        var contents = await LocalContents.ReadAsync(journal, CancellationToken.None);
        var options = new NodeAgentOptions { NodeName = "node-a", StateDirectory = "/nonexistent", PodCidr4 = IPNetwork.Parse("10.1.0.0/24") };
        using var kernel = new InMemoryDatapath();
        var heard = new TaskCompletionSource<(ulong Said, ulong Applied, ulong State)>(TaskCreationOptions.RunContinuationsAsynchronously);
        StateActor? actor = null;
        await using (actor = new StateActor(
            options, kernel, store, contents, applied => heard.TrySetResult((applied.Revision, actor!.View.AppliedRevision, actor.View.State.Revision)), () => { },
            TimeProvider.System, NullLogger<StateActor>.Instance))
        {
            actor.Restore([], contents, kernel, []);
            actor.Start();
            actor.Post(new StateMessage.CommitReceived(new Commit { Epoch = 7, Revision = 3, Snapshot = true, Records = { Records.Identity(100, "web") } }));
            Assert.Equal((3ul, 3ul, 3ul), await heard.Task.WaitAsync(TimeSpan.FromSeconds(5)));
        }
    }
}
