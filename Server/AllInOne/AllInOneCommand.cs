using System.CommandLine;
using Axoneme.Server.Options;

namespace Axoneme.Server.AllInOne;

/// <summary>The command line of <c>all-in-one</c>.</summary>
internal static class AllInOneCommand
{
    public static Command Create()
    {
        var manifests = CommandLine.Path("--manifests", "Directory of Kubernetes manifests, watched for changes.", "deploy/demo");
        var admin = CommandLine.Value("--admin-address", "address:port", "Where the admin HTTP listens; port 0 picks one.", "127.0.0.1:9870", CommandLine.Endpoint);
        var live = new Option<bool>("--live") { Description = "Show the live view (the default on a terminal)." };
        var noLive = new Option<bool>("--no-live") { Description = "Write lines when something changes, and the log, instead of the live view." };
        var node = new NodeOptionSet(alone: true);
        var services = new ServiceAddressOptionSet();
        var command = new Command("all-in-one", "Control plane, agent and sandbox pods of one node in one process, on a directory of manifests.") { manifests, admin, live, noLive };
        node.AddTo(command);
        services.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(live) && result.GetValue(noLive))
            {
                result.AddError("--live and --no-live contradict each other; leave one out.");
            }
        });
        command.SetAction((parsed, cancellationToken) => AllInOneServer.RunAsync(
            new AllInOneOptions
            {
                Node = node.Read(parsed, parsed.GetRequiredValue(manifests), runsUnassignedPods: _ => true),
                Manifests = parsed.GetRequiredValue(manifests),
                AdminAddress = parsed.GetRequiredValue(admin),
                Services = services.Read(parsed),
                Live = parsed.GetValue(live) || (!parsed.GetValue(noLive) && !Console.IsOutputRedirected),
            },
            cancellationToken));
        return command;
    }
}
