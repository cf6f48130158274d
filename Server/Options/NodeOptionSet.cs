using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Axoneme.NodeActors;
using Axoneme.Server.Node;

namespace Axoneme.Server.Options;

/// <summary>
/// The options of every command that runs a node's agent. Where Cilium has an option of the same meaning, it has the same name here.
/// </summary>
internal sealed class NodeOptionSet
{
    private const string DefaultCgroupRoot = "/sys/fs/cgroup";
    private const string Tunnel = "tunnel";

    private readonly Option<string> _state = CommandLine.Path("--state-dir", "What must survive a restart.", "/var/lib/axoneme");
    private readonly Option<string> _run = CommandLine.Path("--run-dir", "Sockets.", "/run/axoneme");
    private readonly Option<string> _bpf = CommandLine.Path("--bpf-root", "Where kernel objects are pinned; below a bpffs.", "/sys/fs/bpf/axoneme");
    private readonly Option<string> _cgroup = CommandLine.Path(
        "--cgroup-root", "cgroup v2 directory of the pods; made if missing. The default leaves them in the server's.", DefaultCgroupRoot);

    private readonly Option<string> _node = CommandLine.Value("--node-name", "name", "This node's name.", Environment.MachineName, text => text);
    private readonly Option<string> _cluster = CommandLine.Value("--cluster-name", "name", "The cluster's name, the same at all its nodes.", "default", text => text);
    private readonly Option<IReadOnlyDictionary<string, string>> _labels =
        CommandLine.Several("--node-label", "key=value", "A label of this node; give it once for each.", CommandLine.None, Labels);

    private readonly Option<IReadOnlyList<IPNetwork>> _cidr4 = PodCidr("--pod-cidr", 4, "10.244.0.0/24");
    private readonly Option<IReadOnlyList<IPNetwork>> _cidr6 = PodCidr("--pod-cidr-v6", 6, "fd00:10:244::/64");
    private readonly Option<IPAddress?> _nodeIPv4 = CommandLine.Optional(
        "--node-ip", "address", "IPv4 address other nodes reach this one by. Without it the first global one of a device.", text => CommandLine.Address(text, 4));

    private readonly Option<IPAddress?> _nodeIPv6 = CommandLine.Optional(
        "--node-ipv6", "address", "IPv6 address other nodes reach this one by. Without it the first global one of a device.", text => CommandLine.Address(text, 6));

    private readonly Option<string> _routing = CommandLine.Value(
        "--routing-mode", $"native|{Tunnel}", "How packets reach other nodes: as they are, or inside a tunnel.", "native",
        text => CommandLine.OneOf(text, "native", Tunnel));

    private readonly Option<string> _tunnelProtocol = CommandLine.Value(
        "--tunnel-protocol", "vxlan", "The tunnel's protocol.", "vxlan",
        text => text == "geneve" ? throw new FormatException("\"geneve\" is not supported yet; use vxlan") : CommandLine.OneOf(text, "vxlan"));

    private readonly Option<int> _tunnelPort = CommandLine.Value(
        "--tunnel-port", "port", "UDP port of the tunnel, the same at all nodes.", "8472", text => CommandLine.Number(text, 1, ushort.MaxValue));

    private readonly Option<bool> _directRoutes = CommandLine.Switch(
        "--auto-direct-node-routes", "Native routing: make routes to the pods of nodes on the same link.", byDefault: true);

    private readonly Option<IReadOnlyList<string>> _devices;
    private readonly Option<int> _mtu;
    private readonly Option<bool> _masquerade4 = CommandLine.Switch("--enable-ipv4-masquerade", "What pods send out of the cluster leaves under the node's IPv4 address.", byDefault: true);
    private readonly Option<bool> _masquerade6 = CommandLine.Switch("--enable-ipv6-masquerade", "The same for IPv6.", byDefault: true);
    private readonly Option<IReadOnlyList<IPNetwork>> _nativeRouting4 = CommandLine.List(
        "--ipv4-native-routing-cidr", "cidr", "IPv4 destinations that see pods under their own address.", text => CommandLine.Network(text, 4));

    private readonly Option<IReadOnlyList<IPNetwork>> _nativeRouting6 = CommandLine.List("--ipv6-native-routing-cidr", "cidr", "The same for IPv6.", text => CommandLine.Network(text, 6));
    private readonly Option<IReadOnlyList<IPNetwork>> _nonMasquerade = CommandLine.List("--non-masquerade-cidr", "cidr", "More of them, of either family.", CommandLine.Network);
    private readonly Option<string?> _ipMasqAgent = CommandLine.Optional(
        "--ip-masq-agent-config", "path", "A file in the format of ip-masq-agent with more of them, watched for changes.", Path.GetFullPath);

    private readonly Option<bool> _kubeProxyReplacement = CommandLine.Switch("--kube-proxy-replacement", "Translate services here, at sockets and packet by packet.", byDefault: true);
    private readonly Option<bool> _hostFirewall = CommandLine.Switch("--enable-host-firewall", "Judge the node's own traffic by policies with a nodeSelector.", byDefault: true);
    private readonly Option<bool> _auditMode = CommandLine.Switch("--policy-audit-mode", "Drop nothing because of policy, and report everything that would be.", byDefault: false);
    private readonly Option<bool> _health;
    private readonly ServiceOptionSet _services = new();
    private readonly MapSizeOptionSet _mapSizes = new();
    private readonly Option<bool> _clsact = new("--force-clsact") { Description = "Attach by clsact although the kernel has tcx." };
    private readonly Option<string> _cni = CommandLine.Path("--cni-bin", "The CNI plugin.", Beside("axoneme-cni"));
    private readonly Option<string> _pod = CommandLine.Path("--pod-bin", "The program that stands in for containers.", Beside("axoneme-pod"));
    private readonly Option<bool> _remove = new("--remove-on-exit")
    {
        Description = "Remove everything that was made when stopped by Ctrl-C or SIGTERM. Without it pods, verdicts and state stay.",
    };

    /// <param name="alone">The node is the only one of its cluster: it needs no devices, no health endpoint, and no room for a tunnel.</param>
    public NodeOptionSet(bool alone)
    {
        _devices = CommandLine.List(
            "--devices", "name", "Interfaces that lead out of the node: names, patterns such as eth+, or auto for those with a default route or the node's address.",
            text => text, alone ? CommandLine.None : "auto");
        _mtu = CommandLine.Value(
            "--mtu", "bytes", "MTU of pods; 0 for what fits through the devices and the tunnel.", alone ? "1500" : "0",
            text => text == "0" ? 0 : CommandLine.Number(text, 1280, ushort.MaxValue));
        _health = CommandLine.Switch("--enable-endpoint-health-checking", "Give the node an endpoint that others ask whether they reach it, and ask theirs.", byDefault: !alone);
    }

    /// <summary>Makes the options a command's.</summary>
    public void AddTo(Command command)
    {
        Option[] options =
        [
            _state, _run, _bpf, _cgroup, _node, _cluster, _labels, _cidr4, _cidr6, _nodeIPv4, _nodeIPv6, _routing, _tunnelProtocol, _tunnelPort, _directRoutes,
            _devices, _mtu, _masquerade4, _masquerade6, _nativeRouting4, _nativeRouting6, _nonMasquerade, _ipMasqAgent, _hostFirewall, _auditMode, _health, _clsact,
            _kubeProxyReplacement, .. _services.All, .. _mapSizes.All, _cni, _pod, _remove,
        ];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }

        command.Validators.Add(Validate);
    }

    /// <summary>What was asked for.</summary>
    /// <param name="parsed">A command line without errors.</param>
    /// <param name="manifests">Directory of the pods to run, null for none: a container runtime does.</param>
    /// <param name="runsUnassignedPods">Whether pods that name no node are this one's.</param>
    public NodeSettings Read(ParseResult parsed, string? manifests, Func<string, bool> runsUnassignedPods)
    {
        var (state, run, name) = (parsed.GetRequiredValue(_state), parsed.GetRequiredValue(_run), parsed.GetRequiredValue(_node));
        var cgroup = parsed.GetRequiredValue(_cgroup);
        return new NodeSettings
        {
            StateDirectory = state,
            RunDirectory = run,
            Manifests = manifests,
            RunsUnassignedPods = runsUnassignedPods(name),
            PodCgroup = cgroup == DefaultCgroupRoot ? null : cgroup,
            CniPlugin = parsed.GetRequiredValue(_cni),
            PodProgram = parsed.GetRequiredValue(_pod),
            RemoveOnExit = parsed.GetValue(_remove),
            Agent = new NodeAgentOptions
            {
                NodeName = name,
                ClusterName = parsed.GetRequiredValue(_cluster),
                StateDirectory = Path.Combine(state, "node"),
                SocketPath = Path.Combine(run, "agent.sock"),
                BpfRoot = parsed.GetRequiredValue(_bpf),
                CgroupRoot = cgroup,
                PodCidr4 = parsed.GetRequiredValue(_cidr4) is [var ipv4] ? ipv4 : null,
                PodCidr6 = parsed.GetRequiredValue(_cidr6) is [var ipv6] ? ipv6 : null,
                ForceClsact = parsed.GetValue(_clsact),
                Mtu = parsed.GetValue(_mtu),
                Routing = parsed.GetValue(_routing) == Tunnel ? RoutingMode.Vxlan : RoutingMode.Native,
                TunnelPort = (ushort)parsed.GetValue(_tunnelPort),
                AutoDirectNodeRoutes = parsed.GetValue(_directRoutes),
                Devices = parsed.GetRequiredValue(_devices),
                NodeIPv4 = parsed.GetValue(_nodeIPv4),
                NodeIPv6 = parsed.GetValue(_nodeIPv6),
                MasqueradeIPv4 = parsed.GetValue(_masquerade4),
                MasqueradeIPv6 = parsed.GetValue(_masquerade6),
                NonMasqueradeCidrs = [.. parsed.GetRequiredValue(_nativeRouting4), .. parsed.GetRequiredValue(_nativeRouting6), .. parsed.GetRequiredValue(_nonMasquerade)],
                IpMasqAgentConfig = parsed.GetValue(_ipMasqAgent),
                HostFirewall = parsed.GetValue(_hostFirewall),
                PolicyAuditMode = parsed.GetValue(_auditMode),
                EndpointHealthChecking = parsed.GetValue(_health),
                Labels = parsed.GetRequiredValue(_labels),
                KubeProxyReplacement = parsed.GetValue(_kubeProxyReplacement),
                Services = _services.Read(parsed),
                MapSizes = _mapSizes.Read(parsed),
            },
        };
    }

    /// <summary>By the words alone: values are read later, and those that cannot be read are errors of their own.</summary>
    private void Validate(CommandResult result)
    {
        if (new[] { _cidr4, _cidr6 }.All(option => result.GetResult(option)?.Tokens is [{ Value: CommandLine.None }]))
        {
            result.AddError("--pod-cidr and --pod-cidr-v6 are both none; pods need addresses of one family at least.");
        }
    }

    private static Option<IReadOnlyList<IPNetwork>> PodCidr(string name, int family, string byDefault) => CommandLine.ValueOrNone(
        name, "cidr", $"IPv{family} addresses for pods; none for pods without IPv{family}.", byDefault, text => CommandLine.Network(text, family));

    private static IReadOnlyDictionary<string, string> Labels(IEnumerable<string> texts)
    {
        var labels = new Dictionary<string, string>();
        foreach (var text in texts)
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } key, var value])
            {
                throw new FormatException($"\"{text}\" is not a label, such as zone=a");
            }

            if (!labels.TryAdd(key, value))
            {
                throw new FormatException($"\"{key}\" is given twice; a label has one value");
            }
        }

        return labels;
    }

    // In the build's output the native programs are in a folder beside the server's.
    private static string Beside(string program)
    {
        var built = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "bin", program));
        return File.Exists(built) ? built : Path.Combine(AppContext.BaseDirectory, program);
    }
}
