using System.Net;

namespace Axoneme.Benchmarks.Services;

/// <summary>The other services of a cluster, which nobody asks here.</summary>
internal static class ServiceCrowd
{
    /// <summary>Every so many of them has a node port, too.</summary>
    private const int NodePortEvery = 20;
    private const int FirstNodePort = 30_100;

    /// <summary>So many services of so many backends each, which are among the pods of a large cluster.</summary>
    public static IEnumerable<ServedPort> Of(int services, int backends) => Enumerable.Range(0, services).Select(i => Service(i, backends));

    /// <param name="number">Which of them.</param>
    /// <param name="backends">How many it has.</param>
    /// <param name="last">Number of the pod that is its last backend, in the place of its own; a change for every other number.</param>
    public static ServedPort Service(int number, int backends, int? last = null) => new(
        $"s{number:00000}",
        [new IPAddress([10, 97, (byte)(number >> 8), (byte)number])],
        80,
        (ushort)(number % NodePortEvery == 0 ? FirstNodePort + number / NodePortEvery : 0),
        [.. Enumerable.Range(0, backends).Select(i => new IPEndPoint(Pod(i == backends - 1 && last is { } other ? other : number * backends + i), 8080))]);

    private static IPAddress Pod(int number) => new([11, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);
}
