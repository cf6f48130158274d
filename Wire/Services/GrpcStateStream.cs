using System.Runtime.CompilerServices;
using Axoneme.Wire.Node;
using Axoneme.Wire.Rpc;
using Axoneme.Wire.State;

namespace Axoneme.Wire.Services;

/// <summary>
/// The control plane as a node reaches it in another process. It neither repeats nor reconnects: every failure is thrown as
/// <see cref="RpcException"/>, and the next call connects anew.
/// </summary>
/// <param name="channel">To the control plane; the caller disposes it.</param>
public sealed class GrpcStateStream(RpcChannel channel) : IStateStream, INodeReports
{
    public async IAsyncEnumerable<Commit> SubscribeAsync(Cursor cursor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parts = channel.ReadStreamAsync(ServiceMethods.Subscribe, cursor, cancellationToken);
        await foreach (var commit in CommitParts.JoinAsync(parts).ConfigureAwait(false))
        {
            yield return commit;
        }

        throw new RpcException(RpcStatus.Unavailable, "the control plane ended the stream", ServiceMethods.Subscribe.Path, channel.Peer);
    }

    public async ValueTask AcknowledgeAsync(AppliedRevision applied, CancellationToken cancellationToken) =>
        await channel.CallAsync(ServiceMethods.Acknowledge, applied, cancellationToken).ConfigureAwait(false);

    public Task RegisterNodeAsync(NodeRegistration registration, CancellationToken cancellationToken) =>
        channel.CallAsync(ServiceMethods.RegisterNode, registration, cancellationToken);

    public Task ReportEndpointAsync(EndpointReport report, CancellationToken cancellationToken) =>
        channel.CallAsync(ServiceMethods.ReportEndpoint, report, cancellationToken);
}
