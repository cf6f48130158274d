using System.Net;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.Server.Node;

namespace Axoneme.Server.AllInOne;

/// <summary>What <c>axoneme-server all-in-one</c> was asked to do.</summary>
internal sealed record AllInOneOptions
{
    public required NodeSettings Node { get; init; }

    public required string Manifests { get; init; }

    public required IPEndPoint AdminAddress { get; init; }

    public required ServiceAddressSpace Services { get; init; }

    /// <summary>Show the live view; otherwise lines when something changes.</summary>
    public bool Live { get; init; }

    public string ControlPlaneState => Path.Combine(Node.StateDirectory, "control-plane");

    public string LogFile => Path.Combine(Node.StateDirectory, "server.log");

    public string AdminSocket => Path.Combine(Node.RunDirectory, "admin.sock");
}
