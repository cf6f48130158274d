using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Policies;
using Axoneme.Policy;

namespace Axoneme.NodeActors.State;

/// <summary>What endpoints are and how they are judged.</summary>
internal sealed partial class StateActor
{
    /// <summary>Identities, policies and records of all endpoints, as they should be now.</summary>
    private void ComputeEndpoints()
    {
        if (!_state.IsComplete)
        {
            CloseNewEndpoints();
            ApplyAudit();
            return;
        }

        GiveNodesIdentities();
        GivePrefixesIdentities();
        NoteIdlePolicies();
        foreach (var (id, status) in _endpoints)
        {
            var identified = Identified(status);
            if (identified.Identity != status.Identity)
            {
                _dirtyAddresses.UnionWith(status.Endpoint.Interface.Addresses);
            }

            _endpoints = _endpoints.SetItem(id, identified);
        }

        var resolved = Policies.Resolve(_endpoints.Values.Select(status => status.Subject).ToHashSet());
        var wanted = _endpoints.ToDictionary(pair => pair.Key, pair => resolved[pair.Value.Subject]);
        _cameOrWent.UnionWith(Policies.TakeCameOrWent());
        _misfits = _programmer.Update(wanted, _cameOrWent.Contains);
        if (_misfits.Count == 0)
        {
            _cameOrWent.Clear(); // to a policy that did not fit they still are to come
        }

        LetPrefixesGo();
        foreach (var (id, status) in _endpoints)
        {
            var entry = EntryOf(status);
            var problem = status.LabelProblem ?? _misfits.GetValueOrDefault(id);
            if (entry != status.Entry)
            {
                _endpoints = _endpoints.SetItem(id, status with { Entry = entry, IsWritten = false, Problem = problem });
                _maps.Endpoints.Set(status.Endpoint.Ifindex, entry);
            }
            else if (status.Problem != problem)
            {
                _endpoints = _endpoints.SetItem(id, status with { Problem = problem });
            }
        }
    }

    /// <summary>Without any state nothing is known about policies: new pods wait closed, the node open, adopted ones keep what they had.</summary>
    private void CloseNewEndpoints()
    {
        foreach (var (id, status) in _endpoints.Where(pair => pair.Value.Entry.Id == 0))
        {
            var entry = EntryOf(status);
            _endpoints = _endpoints.SetItem(id, status with { Entry = entry, Problem = ProblemWithoutState(status.Endpoint) });
            _maps.Endpoints.Set(status.Endpoint.Ifindex, entry);
        }
    }

    /// <summary>
    /// Prefixes that policies name get identities; every policy in force first learns to judge the new one as it judged the
    /// addresses before. A prefix nobody names any more leaves the kernel first and the policies in the next pass.
    /// </summary>
    private void GivePrefixesIdentities()
    {
        var outside = _outsideApiServers;
        foreach (var (number, prefix) in _prefixes.Update(Policies.CidrPrefixes.Concat(outside)))
        {
            if (!_programmer.Inherit(number, _prefixes.EnclosingIdentity(prefix)))
            {
                Log.NotInherited(Logger, prefix.ToString());
            }

            Policies.SetLocal(number, Policies.LabelsOf(prefix, outside.Contains(prefix)));
        }

        foreach (var prefix in outside.SymmetricExcept(_labelledApiServers).Where(_prefixes.Numbers.ContainsKey))
        {
            Policies.SetLocal(_prefixes.Numbers[prefix], Policies.LabelsOf(prefix, outside.Contains(prefix)));
        }

        _labelledApiServers = outside;

        foreach (var (prefix, number) in _prefixes.Numbers)
        {
            _maps.Prefixes.Set(PrefixKey.From(prefix), new IpcacheEntry { Identity = number });
        }
    }

    /// <summary>Prefixes nobody names any more leave the kernel, unless an endpoint is still judged by an older policy, which may name them.</summary>
    private void LetPrefixesGo()
    {
        if (_misfits.Count > 0)
        {
            return;
        }

        foreach (var key in _maps.Prefixes.Desired.Keys.Where(key => !_prefixes.Numbers.ContainsKey(key.ToIPNetwork())).ToArray())
        {
            _maps.Prefixes.Remove(key);
        }
    }

    /// <summary>The endpoint with the identity its pod's labels have now; a pod whose record went keeps its last one until it is gone too.</summary>
    private EndpointStatus Identified(EndpointStatus status)
    {
        var endpoint = status.Endpoint;
        if (endpoint.IsHost)
        {
            return AsHost(status);
        }

        if (endpoint.IsHealth)
        {
            return AsHealth(status);
        }

        var pod = _state.Pod(endpoint.Namespace, endpoint.Pod);
        if (pod is null || !IsSamePod(pod, endpoint.PodUid))
        {
            return status with { Subject = new PolicySubject(status.Labels, status.Subject.NamedPorts) };
        }

        var identity = pod.Identity != 0 ? pod.Identity : _state.IdentityOfLabels.GetValueOrDefault(NodeState.LabelSet(pod.Labels));
        var identified = status.IdentifiedBy(identity, pod.Labels);
        return identified with { Subject = new PolicySubject(identified.Labels, PolicyModel.NamedPorts(pod)) };
    }

    /// <summary>The node's health endpoint is who it is by itself; policies select it by its label as they select pods by theirs.</summary>
    private static EndpointStatus AsHealth(EndpointStatus status)
    {
        var labels = ReservedIdentity.LabelsOf(ReservedIdentity.Health);
        return status with { Identity = ReservedIdentity.Health, Labels = labels, Subject = new PolicySubject(labels) };
    }

    private EndpointEntry EntryOf(EndpointStatus status)
    {
        var policy = _programmer.Of(status.Endpoint.Id);
        var pod = status.Endpoint.Interface;
        return Audited(status.Endpoint, new EndpointEntry
        {
            Identity = status.Identity,
            PolicyId = policy?.Id ?? 0,
            PolicyRevision = policy?.Revision ?? 1,
            Id = status.Endpoint.Id,
            Flags = policy?.Content.Enforcement ?? FlagsWithoutPolicy(status.Endpoint),
            Mac = pod.Mac,
            GatewayMac = pod.HostMac,
            Ipv4 = ToKernel(pod.Ipv4),
            Ipv6 = pod.Ipv6 is null ? default : IpAddressKey.From(pod.Ipv6),
        });
    }

    private static partial class Log
    {
        [Microsoft.Extensions.Logging.LoggerMessage(20, Microsoft.Extensions.Logging.LogLevel.Warning,
            "Map policy is full: connections with {Peer} may be judged by other rules for a moment while it gets its identity", EventName = "PrefixNotInherited")]
        public static partial void NotInherited(Microsoft.Extensions.Logging.ILogger logger, string peer);
    }
}
