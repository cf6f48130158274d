namespace Axoneme.Testbed;

/// <summary>
/// A computer beyond a node: a namespace with one address of each family, which the node routes to and which reaches pods through the
/// node. To policy it belongs to the world.
/// </summary>
public sealed class Outsider : IAsyncDisposable
{
    private const string Gateway = "fe80::1";
    private readonly Namespace _namespace;
    private readonly Responder _responder;

    private Outsider(Namespace ns, Responder responder) => (_namespace, _responder) = (ns, responder);

    public string NetnsPath => _namespace.Path;

    /// <summary>Makes it and its cable to the node; it answers on TCP and UDP.</summary>
    /// <param name="node">A running node, which forwards.</param>
    /// <param name="name">At most eleven characters, unique at the node.</param>
    /// <param name="ipv4">Its address.</param>
    /// <param name="ipv6">Its address.</param>
    /// <param name="ports">Where it answers.</param>
    public static async Task<Outsider> ConnectAsync(Node node, string name, string ipv4, string ipv6, IEnumerable<int> ports)
    {
        var ns = await Namespace.CreateAsync(Namespace.UniqueName(name));
        try
        {
            var (inside, atNode, cable) = (ns.Name, node.Namespace.Name, $"out-{name}");
            await IpAsync(inside, $"link add eth0 type veth peer name {cable} netns {atNode}");
            await IpAsync(inside, $"address add {ipv4}/32 dev eth0");
            await IpAsync(inside, $"address add {ipv6}/128 dev eth0 nodad");
            await IpAsync(inside, "link set eth0 up");
            await IpAsync(atNode, $"link set {cable} up");

            // No more than a link-local address for the node's end: another would be one more address of the host.
            await IpAsync(atNode, $"address add {Gateway}/64 dev {cable} nodad");
            await IpAsync(atNode, $"route add {ipv4}/32 dev {cable}");
            await IpAsync(atNode, $"route add {ipv6}/128 dev {cable}");
            await IpAsync(inside, $"-4 route add default via inet6 {Gateway} dev eth0");
            await IpAsync(inside, $"-6 route add default via {Gateway} dev eth0");
            return new Outsider(ns, await Responder.StartAsync(ns.Path, Path.Combine(node.Root, $"{name}.sock"), ports));
        }
        catch
        {
            await ns.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _responder.DisposeAsync();
        await _namespace.DisposeAsync();
    }

    private static Task<string> IpAsync(string ns, string arguments) => Command.OkAsync("ip", ["-n", ns, .. arguments.Split(' ')]);
}
