using Axoneme.Wire.Node;
using Axoneme.Wire.Rpc;
using Axoneme.Wire.Services;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.Wire.Tests.Services;

public sealed class GrpcStateStreamTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("axw");
    private readonly FakeControlPlane _controlPlane = new();
    private RpcServer _server = null!;
    private RpcChannel _channel = null!;

    private GrpcStateStream Stream => new(_channel);

    public async Task InitializeAsync()
    {
        var path = Path.Combine(_directory.FullName, "state.sock");
        _server = await RpcServer.StartAsync(
            new RpcServerOptions { SocketPath = path }, GrpcStateServer.Handlers(_controlPlane, _controlPlane), NullLoggerFactory.Instance, CancellationToken.None);
        _channel = RpcChannel.ToUnixSocket(path);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Statements_arrive_as_they_were_made()
    {
        var registration = new NodeRegistration { Name = "n1", Addresses = { "192.0.2.1" }, Labels = { ["zone"] = "a" } };
        var report = new EndpointReport { Node = "n1", EndpointId = 5, Namespace = "shop", Pod = "web", Addresses = { "10.0.0.5" } };
        var applied = new AppliedRevision { Node = "n1", Epoch = ulong.MaxValue, Revision = 9 };

        await Stream.RegisterNodeAsync(registration, CancellationToken.None);
        await Stream.ReportEndpointAsync(report, CancellationToken.None);
        await Stream.AcknowledgeAsync(applied, CancellationToken.None);

        Assert.Equal([registration, report, applied], _controlPlane.Told);
    }

    [Fact]
    public async Task A_refusal_is_thrown_with_its_reason()
    {
        _controlPlane.Refusal = new ArgumentException("the acknowledgement names no node");

        var failure = await Assert.ThrowsAsync<RpcException>(() => Stream.AcknowledgeAsync(new AppliedRevision(), CancellationToken.None).AsTask());

        Assert.Equal((RpcStatus.InvalidArgument, "the acknowledgement names no node"), (failure.Status, failure.Detail));
        Assert.Contains("axoneme.services.v1.StateStream/Acknowledge at unix:", failure.Message);
    }

    [Fact]
    public async Task Commits_arrive_whole_and_in_order_however_large()
    {
        // 40 000 records of some 100 bytes: several parts.
        Commit[] commits = [CommitOf(1, 40_000, snapshot: true), CommitOf(2, 1), CommitOf(3, 0), CommitOf(4, 12)];
        Array.ForEach(commits, _controlPlane.Publish);
        var cursor = new Cursor { Epoch = 5, Revision = 0 };
        var received = new List<Commit>();

        await foreach (var commit in Stream.SubscribeAsync(cursor, CancellationToken.None))
        {
            received.Add(commit);
            if (received.Count == commits.Length)
            {
                break;
            }
        }

        Assert.Equal(commits, received);
        Assert.Equal(cursor, Assert.Single(_controlPlane.Told));
        Assert.True(CommitParts.Split(commits[0]).Count() > 10);
    }

    [Fact]
    public async Task A_stream_that_the_control_plane_ends_is_unavailable()
    {
        _controlPlane.Publish(CommitOf(1, 1));
        _controlPlane.End();
        var received = 0;

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in Stream.SubscribeAsync(new Cursor(), CancellationToken.None))
            {
                received++;
            }
        });

        Assert.Equal((RpcStatus.Unavailable, 1), (failure.Status, received));
    }

    [Fact]
    public async Task Parts_of_different_commits_do_not_mix()
    {
        async IAsyncEnumerable<CommitPart> Parts()
        {
            await Task.Yield();
            yield return new CommitPart { Commit = new Commit { Epoch = 1, Revision = 1 }, More = true };
            yield return new CommitPart { Commit = new Commit { Epoch = 1, Revision = 2 } };
        }

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await CommitParts.JoinAsync(Parts()).GetAsyncEnumerator().MoveNextAsync());

        Assert.Contains("a part of revision 2 came amid those of revision 1", failure.Message);
    }

    private static Commit CommitOf(ulong revision, int records, bool snapshot = false) => new()
    {
        Epoch = 5,
        Revision = revision,
        Snapshot = snapshot,
        Records =
        {
            Enumerable.Range(0, records).Select(i => new Wire.State.Record
            {
                Kind = RecordKind.Identity, Key = $"{i}", Revision = revision, Identity = new IdentityRecord { Number = (uint)i, Labels = { $"k8s:app={i}", "k8s:io.kubernetes.pod.namespace=shop" } },
            }),
        },
    };
}
