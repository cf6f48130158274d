using Axoneme.NodeActors.Actors;
using Axoneme.NodeActors.Endpoints;
using Axoneme.Wire;
using Axoneme.Wire.Node;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.ControlPlane;

/// <summary>
/// Tells the control plane what the node did: endpoints and the revision enforced. The newest statement about a thing is repeated
/// until it is taken; what was said before it is not sent any more.
/// </summary>
internal sealed partial class NodeReporter : NodeActor<NodeReporter.Statement>
{
    private readonly string _node;
    private readonly IStateStream _stream;
    private readonly INodeReports _reports;
    private readonly Action<Endpoint> _onReported;
    private readonly ITimer _retry;
    private readonly BackOff _backOff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));
    private readonly Dictionary<string, Endpoint> _endpoints = [];
    private AppliedRevision? _applied;
    private bool _appliedTaken = true;

    /// <param name="node">The node's name.</param>
    /// <param name="stream">Takes acknowledgements.</param>
    /// <param name="reports">Takes endpoint reports.</param>
    /// <param name="onReported">Told of endpoints whose report was taken.</param>
    /// <param name="timeProvider">Time.</param>
    /// <param name="logger">Told of refusals.</param>
    public NodeReporter(
        string node, IStateStream stream, INodeReports reports, Action<Endpoint> onReported, TimeProvider timeProvider, ILogger<NodeReporter> logger)
        : base("reporter", timeProvider, logger)
    {
        _node = node;
        _stream = stream;
        _reports = reports;
        _onReported = onReported;
        _retry = timeProvider.CreateTimer(_ => Post(new Statement.Again()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What there is to say.</summary>
    internal abstract record Statement
    {
        public sealed record About(Endpoint Endpoint) : Statement;

        public sealed record Applied(AppliedRevision Revision) : Statement;

        /// <summary>A new connection: the control plane may have forgotten the revision.</summary>
        public sealed record Reconnected : Statement;

        public sealed record Again : Statement;
    }

    public override async ValueTask DisposeAsync()
    {
        await _retry.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override async ValueTask HandleAsync(IReadOnlyList<Statement> batch, CancellationToken cancellationToken)
    {
        foreach (var statement in batch)
        {
            switch (statement)
            {
                case Statement.About about:
                    _endpoints[about.Endpoint.JournalKey] = about.Endpoint;
                    break;
                case Statement.Applied applied:
                    (_applied, _appliedTaken) = (applied.Revision, false);
                    break;
                case Statement.Reconnected:
                    _appliedTaken = _applied is null;
                    break;
            }
        }

        // One by one: a statement that is refused holds up no other.
        var taken = true;
        foreach (var (key, endpoint) in _endpoints.OrderBy(pair => !pair.Value.IsRemoved).ToArray())
        {
            if (await TryAsync($"endpoint {endpoint.Name}", () => _reports.ReportEndpointAsync(endpoint.ToReport(_node), cancellationToken), cancellationToken).ConfigureAwait(false))
            {
                _endpoints.Remove(key);
                _onReported(endpoint);
            }
            else
            {
                taken = false;
            }
        }

        if (!_appliedTaken && _applied is { } revision)
        {
            _appliedTaken = await TryAsync("applied revision", () => _stream.AcknowledgeAsync(revision, cancellationToken).AsTask(), cancellationToken).ConfigureAwait(false);
            taken &= _appliedTaken;
        }

        if (taken)
        {
            _backOff.Reset();
        }
        else
        {
            _retry.Change(_backOff.Next(), Timeout.InfiniteTimeSpan);
        }
    }

    private async Task<bool> TryAsync(string about, Func<Task> tell, CancellationToken cancellationToken)
    {
        try
        {
            await tell().ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is not OutOfMemoryException)
        {
            Log.Refused(Logger, about, exception);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(31, LogLevel.Warning, "The control plane did not take the report on {About}, which will be repeated", EventName = "ReportRefused")]
        public static partial void Refused(ILogger logger, string about, Exception exception);
    }
}
