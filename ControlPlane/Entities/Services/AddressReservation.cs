using System.Collections.Immutable;
using Axoneme.Kubernetes;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>
/// Who gets what. Who has something keeps it. What is written in a request is given if it is free, the rest allocated from what nobody has
/// or asks for. A request that cannot be met as a whole changes nothing for its service.
/// </summary>
internal sealed class AddressReservation
{
    private readonly ServiceAddressSpace _space;
    private readonly Dictionary<string, ServiceLease> _leases;
    private readonly Dictionary<string, string> _addresses = [];
    private readonly Dictionary<uint, string> _ports = [];
    private readonly HashSet<string> _askedAddresses;
    private readonly HashSet<int> _askedPorts;

    private AddressReservation(IEnumerable<ServiceLease> leases, IReadOnlyList<AddressRequest> requests, ServiceAddressSpace space)
    {
        _space = space;
        _leases = leases.ToDictionary(lease => lease.Service, StringComparer.Ordinal);
        foreach (var lease in _leases.Values)
        {
            Claim(lease);
        }
        _askedAddresses = [.. requests.SelectMany(request => request.ClusterIps)];
        _askedPorts = [.. requests.SelectMany(PortsAsked)];
    }

    public static AddressesReserved Reserve(
        IEnumerable<ServiceLease> leases, IReadOnlyList<AddressRequest> requests, IReadOnlySet<string> kept, ServiceAddressSpace space)
    {
        var asking = requests.Select(request => request.Service).ToHashSet(StringComparer.Ordinal);
        var staying = leases.Where(lease => asking.Contains(lease.Service) || kept.Contains(lease.Service));
        return new AddressReservation(staying, requests, space).Reserve(requests);
    }

    /// <summary>Fields of a service's node ports that are written.</summary>
    private static IEnumerable<int> PortsAsked(AddressRequest request) =>
        request.NodePorts.Select(port => port.NodePort).Append(request.HealthCheckNodePort ?? 0).Where(port => port > 0);

    private AddressesReserved Reserve(IReadOnlyList<AddressRequest> requests)
    {
        var refusals = new Dictionary<string, AddressRefusal>(StringComparer.Ordinal);
        var waiting = requests;
        int before;
        do
        {
            // What one service gives up another may get, whatever their order.
            before = waiting.Count;
            refusals.Clear();
            waiting = [.. waiting.Where(request => !TryMeet(request, refusals))];
        }
        while (waiting.Count > 0 && waiting.Count < before);
        return new AddressesReserved(_leases, refusals);
    }

    private bool TryMeet(AddressRequest request, Dictionary<string, AddressRefusal> refusals)
    {
        var had = _leases.GetValueOrDefault(request.Service) ?? new ServiceLease();
        var lease = new ServiceLease { Service = request.Service };
        if ((FindAddresses(request, had, lease) ?? FindPorts(request, had, lease)) is { } refusal)
        {
            refusals[request.Service] = refusal;
            return false;
        }
        foreach (var address in had.ClusterIps)
        {
            _addresses.Remove(address);
        }
        foreach (var port in PortsOf(had))
        {
            _ports.Remove(port);
        }
        Claim(lease);
        _leases[request.Service] = lease;
        return true;
    }

    private AddressRefusal? FindAddresses(AddressRequest request, ServiceLease had, ServiceLease lease)
    {
        foreach (var (address, i) in request.ClusterIps.Select((address, i) => (address, i)))
        {
            if (_addresses.TryGetValue(address, out var owner) && owner != request.Service)
            {
                return new(i == 0 ? "spec.clusterIP" : "spec.clusterIPs[1]", $"{address} is Service {owner}'s; write another address, or none to get one");
            }
        }
        foreach (var family in FamiliesOf(request, had))
        {
            var address = request.ClusterIps.FirstOrDefault(written => IpFamily.Of(written) == family)
                ?? had.ClusterIps.FirstOrDefault(held => IpFamily.Of(held) == family)
                ?? _space.FindAddress(family, request.Service, taken => _addresses.ContainsKey(taken) || _askedAddresses.Contains(taken));
            if (address is null)
            {
                return _space.Families.Contains(family)
                    ? new("spec.clusterIP", $"no {family} address is left for services; remove services, or start the control plane with a larger service CIDR")
                    : new("spec.ipFamilies", $"services have no {family} addresses here; write a clusterIP or another family, or start the control plane with a service CIDR of {family}");
            }
            lease.ClusterIps.Add(address);
        }
        return null;
    }

    /// <summary>In order of preference. A single one is the written one, else the one it had, else the usual one.</summary>
    private IReadOnlyList<string> FamiliesOf(AddressRequest request, ServiceLease had)
    {
        string[] written = [.. request.ClusterIps.Select(IpFamily.Of).Concat(request.Families).Distinct()];
        string[] preferred = written.Length > 0 ? written : [had.ClusterIps.Select(IpFamily.Of).FirstOrDefault() ?? _space.Families.FirstOrDefault() ?? IpFamily.IPv4];
        return request.FamilyPolicy switch
        {
            "RequireDualStack" => [.. preferred.Union([IpFamily.IPv4, IpFamily.IPv6])],
            "PreferDualStack" => [.. preferred.Where((family, i) => i == 0 || IsThere(family)).Union(_space.Families)],
            _ => preferred,
        };

        bool IsThere(string family) => _space.Families.Contains(family) || request.ClusterIps.Any(address => IpFamily.Of(address) == family);
    }

    private AddressRefusal? FindPorts(AddressRequest request, ServiceLease had, ServiceLease lease)
    {
        foreach (var (asked, i) in request.NodePorts.Select((port, i) => (port.NodePort, i)))
        {
            if (IsOthers(asked, out var owner))
            {
                return new($"spec.ports[{i}].nodePort", $"{asked} is Service {owner}'s; choose another, or leave it out to get one");
            }
        }
        if (IsOthers(request.HealthCheckNodePort ?? 0, out var other) || request.NodePorts.Any(port => port.NodePort > 0 && port.NodePort == request.HealthCheckNodePort))
        {
            return new("spec.healthCheckNodePort", $"{request.HealthCheckNodePort} is Service {other ?? request.Service}'s; choose another, or leave it out to get one");
        }

        // What is written stands before what is kept, and both before what is allocated.
        var used = PortsAsked(request).ToHashSet();
        foreach (var (port, asked) in request.NodePorts)
        {
            var held = (int)had.NodePorts.GetValueOrDefault(port);
            if (Find(asked, held) is not { } found)
            {
                return NoneLeft("spec.ports");
            }
            lease.NodePorts[port] = (uint)found;
        }
        if (request.HealthCheckNodePort is { } wanted)
        {
            if (Find(wanted, (int)had.HealthCheckNodePort) is not { } found)
            {
                return NoneLeft("spec.healthCheckNodePort");
            }
            lease.HealthCheckNodePort = (uint)found;
        }
        return null;

        int? Find(int asked, int held)
        {
            var found = asked > 0 ? asked
                : held > 0 && !used.Contains(held) ? held
                : ServiceAddressSpace.FindNodePort(request.Service, port => _ports.ContainsKey((uint)port) || _askedPorts.Contains(port) || used.Contains(port));
            used.Add(found ?? 0);
            return found;
        }

        bool IsOthers(int port, out string? owner) => _ports.TryGetValue((uint)port, out owner) && owner != request.Service;

        static AddressRefusal NoneLeft(string field) => new(field, "no node port is left; remove services of type NodePort or LoadBalancer");
    }

    private void Claim(ServiceLease lease)
    {
        foreach (var address in lease.ClusterIps)
        {
            _addresses[address] = lease.Service;
        }
        foreach (var port in PortsOf(lease))
        {
            _ports[port] = lease.Service;
        }
    }

    private static IEnumerable<uint> PortsOf(ServiceLease lease) => lease.NodePorts.Values.Append(lease.HealthCheckNodePort).Where(port => port > 0);
}
