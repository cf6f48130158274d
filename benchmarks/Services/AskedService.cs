using System.Globalization;
using System.Net;
using Axoneme.Benchmarks.Packets;

namespace Axoneme.Benchmarks.Services;

/// <summary>The service that the load generator asks, among a crowd of others: its ports lead to three servers in one pod.</summary>
internal static class AskedService
{
    public const int Port = 80;
    public const int NodePort = 30_080;
    private const int BackendsOfOthers = 3;

    /// <summary>The first port of each server.</summary>
    public static IReadOnlyList<int> ServerPorts { get; } = [Topology.FirstPort, Topology.FirstPort + 10, Topology.FirstPort + 20];

    public static IPAddress ClusterIp { get; } = IPAddress.Parse("10.96.0.1");

    /// <summary>It and so many others, of which half come before it: in a list that is searched from its beginning it is where the average service is.</summary>
    /// <param name="services">All of them.</param>
    /// <param name="server">Address of the pod with the servers.</param>
    public static IReadOnlyList<ServedPort> Among(int services, string server)
    {
        var crowd = ServiceCrowd.Of(services - 1, BackendsOfOthers).ToList();
        crowd.InsertRange(crowd.Count / 2, new[] { 0, 2 }.Select(offset => new ServedPort(
            string.Create(CultureInfo.InvariantCulture, $"asked{offset}"), [ClusterIp], (ushort)(Port + offset), (ushort)(NodePort + offset),
            [.. ServerPorts.Select(port => new IPEndPoint(IPAddress.Parse(server), port + offset))])));
        return crowd;
    }
}
