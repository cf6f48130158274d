using System.CommandLine;
using System.Net.Sockets;
using Axoneme.Server.Options;

namespace Axoneme.Server.Agent;

/// <summary>The command line of <c>agent</c>.</summary>
internal static class AgentCommand
{
    private const string UnixScheme = "unix:";

    public static Command Create()
    {
        var controlPlane = CommandLine.Value(
            "--control-plane", "unix:path", "The control plane's socket. It need not be there yet, and may go and come.", "unix:/run/axoneme/state.sock", Socket);
        var manifests = CommandLine.Optional(
            "--manifests", "path", "Standalone mode: the directory of Kubernetes manifests the control plane reads; this node's Pods of it run in the sandbox. Without it a container runtime calls the CNI plugin.",
            Path.GetFullPath);
        var defaultNode = CommandLine.Optional(
            "--default-node", "name", "Standalone mode: the node that runs Pods without spec.nodeName, the same at all nodes. Without it they run nowhere, as without a scheduler.", text => text);
        var node = new NodeOptionSet(alone: false);
        var command = new Command("agent", "The agent of one node of a cluster whose control plane is another process.") { controlPlane, manifests, defaultNode };
        node.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(defaultNode) is not null && result.GetResult(manifests) is null)
            {
                result.AddError("--default-node says who runs Pods of the manifests; it needs --manifests.");
            }
        });
        command.SetAction((parsed, cancellationToken) => AgentServer.RunAsync(
            new AgentSettings(
                node.Read(parsed, parsed.GetValue(manifests), name => name == parsed.GetValue(defaultNode)),
                PathOf(parsed.GetRequiredValue(controlPlane))),
            cancellationToken));
        return command;
    }

    private static string Socket(string text)
    {
        if (!text.StartsWith(UnixScheme, StringComparison.Ordinal) || text.Length == UnixScheme.Length)
        {
            throw new FormatException($"\"{text}\" is not a Unix socket, such as unix:/run/axoneme/state.sock");
        }

        try
        {
            _ = new UnixDomainSocketEndPoint(PathOf(text));
            return text;
        }
        catch (ArgumentException)
        {
            throw new FormatException($"{PathOf(text)} cannot be a socket's path, which has at most 107 bytes; use a shorter one");
        }
    }

    private static string PathOf(string text) => Path.GetFullPath(text[UnixScheme.Length..]);
}
