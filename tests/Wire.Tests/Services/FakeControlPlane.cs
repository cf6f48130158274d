using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Axoneme.Wire.Node;
using Axoneme.Wire.State;

namespace Axoneme.Wire.Tests.Services;

/// <summary>Publishes what it is given and remembers what it is told.</summary>
internal sealed class FakeControlPlane : IStateStream, INodeReports
{
    private readonly Channel<Commit> _commits = Channel.CreateUnbounded<Commit>();

    public List<object> Told { get; } = [];

    public Exception? Refusal { get; set; }

    public void Publish(Commit commit) => _commits.Writer.TryWrite(commit);

    public void End() => _commits.Writer.Complete();

    public async IAsyncEnumerable<Commit> SubscribeAsync(Cursor cursor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Told.Add(cursor);
        await foreach (var commit in _commits.Reader.ReadAllAsync(cancellationToken))
        {
            yield return commit;
        }
    }

    public ValueTask AcknowledgeAsync(AppliedRevision applied, CancellationToken cancellationToken) => new(TakeAsync(applied));

    public Task RegisterNodeAsync(NodeRegistration registration, CancellationToken cancellationToken) => TakeAsync(registration);

    public Task ReportEndpointAsync(EndpointReport report, CancellationToken cancellationToken) => TakeAsync(report);

    private Task TakeAsync(object statement)
    {
        Told.Add(statement);
        return Refusal is null ? Task.CompletedTask : Task.FromException(Refusal);
    }
}
