using Axoneme.Persistence.InMemory;
using Xunit;

namespace Axoneme.Persistence.Tests.InMemory;

public sealed class InMemoryJournalTests : JournalContractTests
{
    private InMemoryJournal? _journal;

    protected override IJournal Open() => _journal ??= new InMemoryJournal(Time);

    [Fact]
    public async Task An_injected_failure_stores_nothing()
    {
        _journal!.FailCommit = _ => new JournalUnavailableException("disk full");

        await Assert.ThrowsAsync<JournalUnavailableException>(() => Journal.CommitAsync(new JournalCommit { Events = [Event(Web, 1)] }, None));

        Assert.Empty(await Journal.ListEntitiesAsync(null, None).ToListAsync());
    }
}
