using System.CommandLine;
using Axoneme.Server.Options;

namespace Axoneme.Server.ControlPlane;

/// <summary>The command line of <c>controlplane</c>.</summary>
internal static class ControlPlaneCommand
{
    public static Command Create()
    {
        var manifests = CommandLine.Path("--manifests", "Directory of Kubernetes manifests, watched for changes.", "deploy/demo");
        var state = CommandLine.Path("--state-dir", "What must survive a restart.", "/var/lib/axoneme");
        var run = CommandLine.Path("--run-dir", "Sockets: state.sock for agents, admin.sock for the admin HTTP.", "/run/axoneme");
        var name = CommandLine.Value("--cluster-name", "name", "The cluster's name, the same at all its nodes.", "default", text => text);
        var id = CommandLine.Value("--cluster-id", "number", "The cluster's number among connected ones; decides the numbers of identities.", "0", text => CommandLine.Number(text, 0, 255));
        var admin = CommandLine.ValueOrNone(
            "--admin-address", "address:port", "Where the admin HTTP listens besides its socket; port 0 picks one.", "127.0.0.1:9870", CommandLine.Endpoint);
        var services = new ServiceAddressOptionSet();
        var command = new Command("controlplane", "The control plane of a cluster, on a directory of manifests. Nodes run `axoneme-server agent`.")
        {
            manifests, state, run, name, id, admin,
        };
        services.AddTo(command);
        command.SetAction((parsed, cancellationToken) => ControlPlaneServer.RunAsync(
            new ControlPlaneSettings
            {
                Manifests = parsed.GetRequiredValue(manifests),
                StateDirectory = parsed.GetRequiredValue(state),
                RunDirectory = parsed.GetRequiredValue(run),
                ClusterName = parsed.GetRequiredValue(name),
                ClusterId = (uint)parsed.GetValue(id),
                AdminAddress = parsed.GetRequiredValue(admin).SingleOrDefault(),
                Services = services.Read(parsed),
            },
            cancellationToken));
        return command;
    }
}
