using System.Collections.Immutable;
using System.Net;
using Axoneme.Policy;

namespace Axoneme.NodeActors.Policies;

/// <summary>What only this node knows of identities, and where the Kubernetes API is served.</summary>
internal sealed partial class PolicyModel
{
    private readonly Dictionary<string, ServiceAddresses> _apiServices = [];

    /// <summary>
    /// Labels of identities that are this node's own: prefixes, other nodes, and of the node itself where they are not the usual ones. A value any
    /// thread may read.
    /// </summary>
    public ImmutableDictionary<uint, LabelSet> LocalLabels { get; private set; } = ImmutableDictionary<uint, LabelSet>.Empty;

    /// <summary>Addresses at which the Kubernetes API is served; another value whenever they change.</summary>
    public ImmutableHashSet<IPAddress> ApiServers { get; private set; } = [];

    /// <summary>The labels of a prefix's identity.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="servesApi">It is one address, at which somebody outside the cluster serves the Kubernetes API.</param>
    public LabelSet LabelsOf(IPNetwork prefix, bool servesApi)
    {
        var labels = _engine.CidrLabels(prefix);
        return servesApi ? NodeLabels.ServingApi(labels) : labels;
    }

    /// <summary>Makes an identity of this node known or changes its labels.</summary>
    public void SetLocal(uint number, LabelSet labels)
    {
        var isUsual = ReservedIdentity.IsReserved(number) && labels.Equals(ReservedIdentity.LabelsOf(number));
        if (LocalLabels.TryGetValue(number, out var old) ? old.Equals(labels) : isUsual)
        {
            return;
        }

        lock (_lock)
        {
            _engine.UpsertIdentity(number, labels);
            if (old is null && !isUsual && !ReservedIdentity.IsReserved(number))
            {
                _cameOrWent.Add(number);
            }
            else
            {
                _cameOrWent.Remove(number); // other labels under a number the policies know: not merely new
            }

            LocalLabels = isUsual ? LocalLabels.Remove(number) : LocalLabels.SetItem(number, labels);
            Forget();
        }
    }

    public void RemoveLocal(uint number)
    {
        lock (_lock)
        {
            _engine.RemoveIdentity(number);
            _cameOrWent.Add(number);
            LocalLabels = LocalLabels.Remove(number);
            Forget();
        }
    }

    /// <summary>Keys of the policies that select an endpoint or node, sorted.</summary>
    public IReadOnlyList<string> PoliciesFor(LabelSet subject)
    {
        lock (_lock)
        {
            return _engine.PoliciesFor(subject);
        }
    }

    /// <summary>Keeps <see cref="ApiServers"/> equal to what the Service's slices say.</summary>
    /// <param name="key">Of the record.</param>
    /// <param name="now">What it holds; null when it went.</param>
    private void NoteApiServers(string key, PolicyObject? now)
    {
        if (now is ServiceAddresses { ServeApi: true } addresses)
        {
            _apiServices[key] = addresses;
        }
        else if (!_apiServices.Remove(key))
        {
            return;
        }

        var all = _apiServices.Values.SelectMany(service => service.Addresses).Select(prefix => prefix.BaseAddress).ToImmutableHashSet();
        ApiServers = all.SetEquals(ApiServers) ? ApiServers : all;
    }
}
