namespace Axoneme.Datapath.Network;

/// <summary>
/// The kernel settings that let pods' traffic through a node, of the calling thread's network namespace. Source: the kernel's
/// Documentation/networking/ip-sysctl.rst.
/// </summary>
public static class ForwardingSettings
{
    private const string IPv4 = "net/ipv4/ip_forward";
    private const string IPv6 = "net/ipv6/conf/all/forwarding";
    private const string RouterAdvertisements = "accept_ra";

    /// <summary>What <see cref="Apply"/> would change, directly or by the way: paths with the values they have now.</summary>
    public static IReadOnlyDictionary<string, string> Changes(bool ipv6)
    {
        var changes = new Dictionary<string, string>();
        Collect(changes, IPv4, "ipv4");
        if (ipv6 && Collect(changes, IPv6, "ipv6"))
        {
            foreach (var path in RouterAdvertisementPaths())
            {
                changes[path] = "1";
            }
        }

        return changes;
    }

    /// <summary>Turns forwarding on. "all" also decides what interfaces made later inherit, so no pod needs a switch of its own.</summary>
    public static void Apply(bool ipv6)
    {
        Sysctl.Write(IPv4, "1");
        if (ipv6 && Sysctl.Read(IPv6) != "1")
        {
            // 2: a router's interface that goes on to take its own default route from router advertisements.
            foreach (var path in RouterAdvertisementPaths())
            {
                Sysctl.Write(path, "2");
            }

            Sysctl.Write(IPv6, "1");
        }
    }

    /// <summary>Undoes <see cref="Apply"/>, except where an interface is gone or somebody else has set what it accepts since.</summary>
    public static void Restore(IReadOnlyDictionary<string, string> before)
    {
        foreach (var (path, value) in InOrderOfRestoring(before))
        {
            Restore(path, value);
        }
    }

    /// <summary>The switches first: they take every interface's own setting along.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> InOrderOfRestoring(IReadOnlyDictionary<string, string> before) =>
        before.OrderByDescending(pair => pair.Key is IPv4 or IPv6 or ReversePathFilter.All);

    internal static void Restore(string path, string value)
    {
        var isThere = File.Exists($"/proc/sys/{path}");
        if (isThere && (!path.EndsWith(RouterAdvertisements, StringComparison.Ordinal) || Sysctl.Read(path) == "2"))
        {
            Sysctl.Write(path, value);
        }
    }

    /// <summary>A switch that is off, and the interfaces that forward all the same. False when it is on already.</summary>
    private static bool Collect(Dictionary<string, string> changes, string path, string family)
    {
        var value = Sysctl.Read(path);
        if (value == "1")
        {
            return false;
        }

        changes[path] = value;
        foreach (var name in Interfaces(family).Where(name => Sysctl.Read($"net/{family}/conf/{name}/forwarding") == "1"))
        {
            changes[$"net/{family}/conf/{name}/forwarding"] = "1";
        }

        return true;
    }

    /// <summary>Never of pods' interfaces: a pod must not be able to give the node a default route.</summary>
    private static IEnumerable<string> RouterAdvertisementPaths() =>
        Interfaces("ipv6").Where(name => name != "lo" && !NodeDevices.IsOurs(name))
            .Select(name => $"net/ipv6/conf/{name}/{RouterAdvertisements}").Where(path => Sysctl.Read(path) == "1");

    /// <summary>Names of the interfaces there are, without the kernel's "all" and "default".</summary>
    public static string[] Interfaces(string family) =>
        [.. Directory.GetDirectories($"/proc/sys/net/{family}/conf").Select(path => Path.GetFileName(path)).Where(name => name is not ("all" or "default"))];
}
