using Axoneme.ControlPlane;
using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Rpc;
using Axoneme.Wire.Services;
using Microsoft.Extensions.Logging;

namespace Axoneme.Server.ControlPlane;

/// <summary>The control plane as a process of its own: what nodes follow and say goes over its socket.</summary>
internal static class ControlPlaneServer
{
    /// <summary>Runs until cancelled or until a part cannot go on; returns the exit code.</summary>
    public static Task<int> RunAsync(ControlPlaneSettings settings, CancellationToken cancellationToken) =>
        ServerRun.RunAsync(settings.LockFile, logFile: null, loggers => RunAsync(settings, loggers, cancellationToken));

    private static async Task RunAsync(ControlPlaneSettings settings, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(settings.RunDirectory);
        await using var host = await ControlPlaneHost.StartAsync(
            new ControlPlaneOptions
            {
                StateDirectory = settings.JournalDirectory,
                ManifestDirectory = settings.Manifests,
                ClusterName = settings.ClusterName,
                ClusterId = settings.ClusterId,
                AdminAddress = settings.AdminAddress,
                AdminSocket = settings.AdminSocket,
                Services = settings.Services,
            },
            TimeProvider.System, loggers, CancellationToken.None);
        await using var server = await RpcServer.StartAsync(
            new RpcServerOptions { SocketPath = settings.StateSocket, StatusOf = StatusOf }, GrpcStateServer.Handlers(host.Stream, host.Reports), loggers, CancellationToken.None);
        await ServerRun.ServeAsync(cancellationToken, host.Completion.WaitAsync);
    }

    /// <summary>What is nobody's mistake here needs no line in the log: the node gets the reason and repeats or reports it.</summary>
    private static RpcStatus? StatusOf(Exception failure) => failure switch
    {
        ArgumentException => RpcStatus.InvalidArgument,
        CommandRefusedException => RpcStatus.FailedPrecondition,
        MailboxFullException => RpcStatus.ResourceExhausted,
        JournalUnavailableException => RpcStatus.Unavailable,
        _ => null,
    };
}
