using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Axoneme.Datapath.Layout;
using Axoneme.Wire.State;

namespace Axoneme.NodeActors.Services;

/// <summary>Where the planning node is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Zone">Its zone, empty when it has none.</param>
/// <param name="Addresses">Those that node ports and host ports are at.</param>
internal sealed record NodeSituation(string Name, string Zone, ImmutableArray<IPAddress> Addresses);

/// <summary>From records to what the kernel should hold of one service or pod. Pure.</summary>
internal sealed class ServicePlanner(ServiceOptions options)
{
    private static readonly IPAddress[] s_anyNode = [IPAddress.Any, IPAddress.IPv6Any];

    /// <summary>Entries of a table that a backend should have at least: with fewer, shares that differ by one entry differ by more than a tenth.</summary>
    private const int FewestEntries = 10;

    /// <param name="service">The service.</param>
    /// <param name="slices">Those that name it.</param>
    /// <param name="node">Where the clients and node ports are.</param>
    public ServicePlan Plan(ServiceRecord service, IReadOnlyCollection<EndpointSliceRecord> slices, NodeSituation node)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        var frontends = new FrontendSet(new ServiceOwner(false, $"{service.Namespace}/{service.Name}"), problems);
        var clusterIps = frontends.Addresses(service.ClusterIps, "cluster IP");
        if (clusterIps.Count == 0)
        {
            return frontends.ToPlan();
        }

        var families = clusterIps.Select(address => address.AddressFamily).ToHashSet();
        var loadBalancerIps = frontends.Addresses(service.LoadBalancerIps, "load balancer address").Where(OfService).ToArray();
        var externalIps = frontends.Addresses(service.ExternalIps, "external IP").Where(OfService).ToArray();
        var affinity = service.AffinitySeconds > 0 ? Ticks(service.AffinitySeconds) : 0;
        var common = affinity > 0 ? ServiceFlags.Affinity : 0;
        var annotations = new ServiceAnnotations(service, frontends.Problem);
        annotations.CheckUnserved();
        var preference = PreferenceOf(service, annotations, frontends);
        var algorithm = annotations.Algorithm(options.Algorithm);
        var only = annotations.OnlyKind();
        var (ranges, restriction) = Restriction(service, annotations.RangesDeny(), frontends);
        foreach (var port in service.Ports)
        {
            if (ServiceEnd.Protocol(port.Protocol) is not { } protocol || port.Port is 0 or > ushort.MaxValue)
            {
                frontends.Problem($"port {port.Name}: {port.Protocol} {port.Port} is no port of a service");
                continue;
            }

            var group = frontends.Begin(port.Name, protocol, algorithm);
            var pools = new PoolChoice(Candidates(service, slices, port.Name, protocol, node), preference);
            var insideLocal = affinity > 0 && service.InternalTrafficLocal ? ServiceFlags.InsideLocal : 0;
            foreach (var address in clusterIps.Where(_ => Has(FrontendKind.ClusterIP)))
            {
                group.Add(address, port.Port, FrontendKind.ClusterIP, common | insideLocal | ServiceFlags.Internal, affinity, pools.Of(address, service.InternalTrafficLocal), BackendList.Empty);
            }

            var external = common | ServiceFlags.Internal | ServiceFlags.External | DirectReturn(annotations, protocol)
                | (affinity > 0 && service.ExternalTrafficLocal ? ServiceFlags.OutsideLocal : 0);
            if (port.NodePort != 0 && (port.NodePort < options.NodePortFirst || port.NodePort > options.NodePortLast))
            {
                frontends.Problem($"node port {port.NodePort} is outside of {options.NodePortFirst} to {options.NodePortLast} (--node-port-range)");
            }
            else if (port.NodePort != 0 && Has(FrontendKind.NodePort))
            {
                AddExternal(node.Addresses.Where(OfService), port.NodePort, FrontendKind.NodePort);
                foreach (var any in s_anyNode.Where(OfService))
                {
                    group.Add(any, port.NodePort, FrontendKind.NodePort, common | ServiceFlags.AnyNode, affinity, pools.Of(any, local: false), BackendList.Empty);
                }
            }

            AddExternal(loadBalancerIps.Where(_ => Has(FrontendKind.LoadBalancer)), port.Port, FrontendKind.LoadBalancer);
            AddExternal(externalIps, port.Port, FrontendKind.ExternalIPs);
            group.End(pools.Backends, group.UsesRanges ? ranges : []);
            if (algorithm == LoadBalancerAlgorithm.Maglev)
            {
                CheckTable(port, group.MostOutside, frontends);
            }

            void AddExternal(IEnumerable<IPAddress> addresses, uint at, FrontendKind kind)
            {
                var restricted = kind is FrontendKind.LoadBalancer or FrontendKind.ExternalIPs || options.SourceRangesForAllTypes;
                foreach (var address in addresses)
                {
                    // Clients inside are served by the whole cluster also where those outside stay on this node.
                    group.Add(
                        address, at, kind, external | (restricted ? restriction : 0), affinity, pools.Of(address, local: false),
                        pools.Of(address, service.ExternalTrafficLocal));
                }
            }
        }

        return frontends.ToPlan() with { HealthCheck = HealthCheck(service, slices, node, frontends) };

        bool Has(FrontendKind kind) => only is null || only == kind;

        bool OfService(IPAddress address) => families.Contains(address.AddressFamily);
    }

    /// <summary>A pod's ports on its node.</summary>
    public ServicePlan Plan(PodRecord pod, IReadOnlyCollection<IPAddress> podAddresses, NodeSituation node)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        var frontends = new FrontendSet(new ServiceOwner(true, $"{pod.Namespace}/{pod.Name}"), problems);
        foreach (var port in pod.HostPorts)
        {
            if (ServiceEnd.Protocol(port.Protocol) is not { } protocol || port.HostPort_ is 0 or > ushort.MaxValue || port.ContainerPort is 0 or > ushort.MaxValue)
            {
                frontends.Problem($"host port {port.Protocol} {port.HostPort_} to {port.ContainerPort} is no port");
                continue;
            }

            var group = frontends.Begin($"{port.HostIp}:{port.HostPort_}", protocol, options.Algorithm);
            var pools = new PoolChoice(
                [.. podAddresses.Select(address => new BackendCandidate(new BackendAddress(IpAddressKey.From(address), (ushort)port.ContainerPort, protocol), IsIPv4(address), true, true, true))],
                BackendPreference.None);
            foreach (var address in HostAddresses(port.HostIp, node, frontends).Where(address => podAddresses.Any(own => own.AddressFamily == address.AddressFamily)))
            {
                var pool = pools.Of(address, local: false);
                group.Add(address, port.HostPort_, FrontendKind.HostPort, ServiceFlags.Internal | ServiceFlags.External, 0, pool, pool);
            }

            group.End(pools.Backends, []);
        }

        return frontends.ToPlan();
    }

    private static IEnumerable<IPAddress> HostAddresses(string hostIp, NodeSituation node, FrontendSet frontends)
    {
        if (hostIp.Length == 0)
        {
            return node.Addresses;
        }

        var named = frontends.Addresses([hostIp], "host IP");
        return named is [var address] && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? node.Addresses.Where(own => own.AddressFamily == address.AddressFamily)
            : named;
    }

    private static IReadOnlyCollection<BackendCandidate> Candidates(
        ServiceRecord service, IReadOnlyCollection<EndpointSliceRecord> slices, string portName, byte protocol, NodeSituation node)
    {
        var candidates = new Dictionary<BackendAddress, BackendCandidate>(slices.Sum(slice => slice.Endpoints.Count));
        foreach (var slice in slices)
        {
            foreach (var port in slice.Ports.Where(port => port.Name == portName && ServiceEnd.Protocol(port.Protocol) == protocol && port.Port is > 0 and <= ushort.MaxValue))
            {
                foreach (var endpoint in slice.Endpoints)
                {
                    var ready = IsReady(service, endpoint);
                    if (!ready && !(endpoint.Serving && endpoint.Terminating))
                    {
                        continue;
                    }

                    for (var i = 0; i < endpoint.Addresses.Count; i++) // an enumerator for each would be more to collect than all that is planned
                    {
                        if (IPAddress.TryParse(endpoint.Addresses[i], out var address))
                        {
                            var backend = new BackendAddress(IpAddressKey.From(address), (ushort)port.Port, protocol);

                            // While an endpoint moves between slices it is in both.
                            if (ready || !candidates.ContainsKey(backend))
                            {
                                var isRemote = slice.Cluster.Length > 0;
                                candidates[backend] = new BackendCandidate(
                                    backend, IsIPv4(address), !isRemote && endpoint.Node == node.Name, node.Zone.Length > 0 && endpoint.Zone == node.Zone, ready)
                                {
                                    IsRemote = isRemote,
                                    HintedZone = node.Zone.Length == 0 || endpoint.ZoneHints.Count == 0 ? null : endpoint.ZoneHints.Contains(node.Zone),
                                    HintedNode = endpoint.NodeHints.Count == 0 ? null : !isRemote && endpoint.NodeHints.Contains(node.Name),
                                };
                            }
                        }
                    }
                }
            }
        }

        return candidates.Values;
    }

    /// <summary>A pod of two families is in two slices and one endpoint.</summary>
    private static HealthCheckPlan? HealthCheck(ServiceRecord service, IReadOnlyCollection<EndpointSliceRecord> slices, NodeSituation node, FrontendSet frontends)
    {
        if (service.HealthCheckNodePort == 0)
        {
            return null;
        }

        if (service.HealthCheckNodePort > ushort.MaxValue)
        {
            frontends.Problem($"health check node port {service.HealthCheckNodePort} is no port");
            return null;
        }

        var local = slices.Where(slice => slice.Cluster.Length == 0).SelectMany(slice => slice.Endpoints)
            .Where(endpoint => endpoint.Node == node.Name && IsReady(service, endpoint))
            .Select(endpoint => endpoint.Pod.Length > 0 ? endpoint.Pod : endpoint.Addresses.FirstOrDefault() ?? "");
        return new HealthCheckPlan((ushort)service.HealthCheckNodePort, local.Distinct().Count());
    }

    private static bool IsReady(ServiceRecord service, SliceEndpoint endpoint) => service.PublishNotReadyAddresses || endpoint.Ready && !endpoint.Terminating;

    /// <summary>Which clients outside are let in or kept out. Whom to keep out must be known wholly before anybody else is let in.</summary>
    private static (ImmutableArray<IPNetwork> Ranges, ServiceFlags Flags) Restriction(ServiceRecord service, bool deny, FrontendSet frontends)
    {
        var ranges = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var text in service.SourceRanges)
        {
            if (ReadRange(text.Trim()) is { } range)
            {
                ranges.Add(range);
            }
            else
            {
                frontends.Problem($"source range \"{text}\" is no network; nobody is let in{(deny ? "" : " by it")}");
            }
        }

        return (service.SourceRanges.Count, deny) switch
        {
            (0, _) => ([], ServiceFlags.None),
            (_, false) => (ranges.ToImmutable(), ServiceFlags.SourceRanges),
            var (count, _) when count > ranges.Count => ([], ServiceFlags.SourceRanges),
            _ => (ranges.ToImmutable(), ServiceFlags.SourceRanges | ServiceFlags.SourceRangesDeny),
        };
    }

    /// <summary>Kubernetes takes 10.0.0.1/8 for 10.0.0.0/8.</summary>
    private static IPNetwork? ReadRange(string text)
    {
        if (text.Split('/') is not [var first, var last] || !IPAddress.TryParse(first, out var address)
            || !int.TryParse(last, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length))
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        if (length > bytes.Length * 8)
        {
            return null;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xFF00 >> Math.Clamp(length - i * 8, 0, 8));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }

    private ServiceFlags DirectReturn(ServiceAnnotations annotations, byte protocol) =>
        annotations.DirectReturn(options.Mode == LoadBalancerMode.Dsr || options.Mode == LoadBalancerMode.Hybrid && protocol == ServiceEnd.Tcp) ? ServiceFlags.DirectReturn : 0;

    private static BackendPreference PreferenceOf(ServiceRecord service, ServiceAnnotations annotations, FrontendSet frontends)
    {
        var topology = BackendPreference.TopologyOf(service.TrafficDistribution);
        if (topology is null)
        {
            frontends.Problem($"traffic distribution \"{service.TrafficDistribution}\" is not PreferClose, PreferSameZone or PreferSameNode; all backends are alike");
        }

        return new BackendPreference(annotations.Clusters(), topology ?? []);
    }

    /// <summary>A table gives every backend the same number of entries, but for one: what is left over is the smaller part the more entries there are.</summary>
    private void CheckTable(ServicePort port, int backends, FrontendSet frontends)
    {
        var (size, name) = (options.MaglevTableSize, port.Name.Length > 0 ? $"port {port.Name}" : $"port {port.Port}");
        if (backends > size)
        {
            frontends.Problem($"{name} has {backends} backends and its Maglev table {size} entries, so {backends - size} of them get no client from outside; --bpf-lb-maglev-table-size makes it larger");
        }
        else if (backends * FewestEntries > size)
        {
            frontends.Problem($"{name} has {backends} backends and its Maglev table {size} entries, so their shares of clients outside differ by more than a tenth; --bpf-lb-maglev-table-size makes it larger");
        }
    }

    private static uint Ticks(uint seconds) => (uint)((seconds * 1_000_000_000UL + (1UL << ConntrackEntry.TickShift) - 1) >> ConntrackEntry.TickShift);

    private static bool IsIPv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>The pools of one port, each made once.</summary>
    private sealed class PoolChoice(IReadOnlyCollection<BackendCandidate> candidates, BackendPreference preference)
    {
        private readonly Dictionary<(bool IsIPv4, bool Local), BackendList> _pools = [];

        /// <summary>Those in a pool, and those that could be in one but for their end.</summary>
        public ImmutableArray<BackendPlan> Backends
        {
            get
            {
                // Mostly all pools are one, which has no backend twice.
                IReadOnlyCollection<BackendAddress> chosen = _pools.Values.Distinct().ToArray() is [var only] ? only : _pools.Values.SelectMany(pool => pool).ToHashSet();
                var serving = candidates.Where(candidate => !candidate.IsReady && _pools.Keys.Any(key => key.IsIPv4 == candidate.IsIPv4 && (!key.Local || candidate.OnNode)))
                    .Select(candidate => candidate.Address).ToHashSet();
                serving.ExceptWith(serving.Count > 0 ? chosen : []);
                var backends = ImmutableArray.CreateBuilder<BackendPlan>(chosen.Count + serving.Count);
                backends.AddRange(chosen.Select(address => new BackendPlan(address, IsTerminating: false)));
                backends.AddRange(serving.Select(address => new BackendPlan(address, IsTerminating: true)));
                return backends.MoveToImmutable();
            }
        }

        public BackendList Of(IPAddress frontend, bool local)
        {
            var key = (IsIPv4(frontend), local);
            if (!_pools.TryGetValue(key, out var pool))
            {
                pool = preference.Choose([.. candidates.Where(candidate => candidate.IsIPv4 == key.Item1 && (!local || candidate.OnNode))], local);
                _pools[key] = pool = _pools.Values.FirstOrDefault(pool.Equals) ?? pool;
            }

            return pool;
        }
    }

    /// <summary>The frontends of an owner while they are collected.</summary>
    private sealed class FrontendSet(ServiceOwner owner, ImmutableArray<string>.Builder problems)
    {
        private readonly HashSet<ServiceKey> _keys = [];
        private readonly ImmutableArray<GroupPlan>.Builder _groups = ImmutableArray.CreateBuilder<GroupPlan>();

        public void Problem(string text)
        {
            var problem = $"{owner}: {text}";
            if (!problems.Contains(problem))
            {
                problems.Add(problem);
            }
        }

        public List<IPAddress> Addresses(IEnumerable<string> texts, string what)
        {
            var addresses = new List<IPAddress>();
            foreach (var text in texts.Where(text => text is not ("" or "None")))
            {
                if (IPAddress.TryParse(text, out var address))
                {
                    addresses.Add(address);
                }
                else
                {
                    Problem($"{what} \"{text}\" is no address");
                }
            }

            return addresses;
        }

        public Group Begin(string port, byte protocol, LoadBalancerAlgorithm algorithm) => new(this, new GroupKey(owner, port, protocol), algorithm);

        public ServicePlan ToPlan() => new(owner, _groups.ToImmutable(), problems.ToImmutable());

        internal sealed class Group(FrontendSet set, GroupKey key, LoadBalancerAlgorithm algorithm)
        {
            private readonly ImmutableArray<FrontendPlan>.Builder _frontends = ImmutableArray.CreateBuilder<FrontendPlan>();

            public bool UsesRanges => _frontends.Any(frontend => frontend.Flags.HasFlag(ServiceFlags.SourceRanges));

            /// <summary>How many backends clients outside have at most.</summary>
            public int MostOutside => _frontends.Select(frontend => frontend.Outside.Count).DefaultIfEmpty().Max();

            /// <summary>An address that a service has twice is of the first kind.</summary>
            public void Add(IPAddress address, uint port, FrontendKind kind, ServiceFlags flags, uint affinity, BackendList inside, BackendList outside)
            {
                var frontend = ServiceEnd.Key(address, port, key.Protocol);
                if (set._keys.Add(frontend))
                {
                    _frontends.Add(new FrontendPlan(frontend, kind, flags, affinity, inside, outside));
                }
                else if (_frontends.All(other => other.Key != frontend))
                {
                    set.Problem($"{ServiceEnd.Text(frontend)} is two of its ports; the first has it");
                }
            }

            public void End(ImmutableArray<BackendPlan> backends, ImmutableArray<IPNetwork> ranges)
            {
                if (_frontends.Count > 0)
                {
                    set._groups.Add(new GroupPlan(key, backends, ranges, _frontends.ToImmutable()) { Algorithm = algorithm });
                }
            }
        }
    }
}
