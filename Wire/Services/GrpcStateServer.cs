using System.Runtime.CompilerServices;
using Axoneme.Wire.Rpc;
using Axoneme.Wire.State;

namespace Axoneme.Wire.Services;

/// <summary>The control plane's side: what <see cref="GrpcStateStream"/> calls.</summary>
public static class GrpcStateServer
{
    /// <summary>Handlers for both services, for an <see cref="RpcServer"/>.</summary>
    /// <param name="stream">What nodes follow and acknowledge.</param>
    /// <param name="reports">Takes what nodes say.</param>
    public static IReadOnlyList<RpcHandler> Handlers(IStateStream stream, INodeReports reports) =>
    [
        RpcHandler.ServerStream(ServiceMethods.Subscribe, (cursor, cancellationToken) => PartsAsync(stream, cursor, cancellationToken)),
        RpcHandler.Unary(ServiceMethods.Acknowledge, async (applied, cancellationToken) =>
        {
            await stream.AcknowledgeAsync(applied, cancellationToken).ConfigureAwait(false);
            return new Taken();
        }),
        RpcHandler.Unary(ServiceMethods.RegisterNode, async (registration, cancellationToken) =>
        {
            await reports.RegisterNodeAsync(registration, cancellationToken).ConfigureAwait(false);
            return new Taken();
        }),
        RpcHandler.Unary(ServiceMethods.ReportEndpoint, async (report, cancellationToken) =>
        {
            await reports.ReportEndpointAsync(report, cancellationToken).ConfigureAwait(false);
            return new Taken();
        }),
    ];

    private static async IAsyncEnumerable<CommitPart> PartsAsync(IStateStream stream, Cursor cursor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var commit in stream.SubscribeAsync(cursor, cancellationToken).ConfigureAwait(false))
        {
            foreach (var part in CommitParts.Split(commit))
            {
                yield return part;
            }
        }
    }
}
