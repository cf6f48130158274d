using Axoneme.Wire.Journal;
using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Services;

/// <summary>
/// What of one namespace decides which slices are derived, and what it last came to. A change marks the services it may concern; only
/// those are looked at again.
/// </summary>
/// <param name="nodeOf">What is known of a node.</param>
internal sealed class ServiceNamespace(Func<string, BackendNode> nodeOf)
{
    private readonly Dictionary<string, DesiredService> _services = [];
    private readonly Dictionary<string, BackendPod> _pods = [];
    private readonly Dictionary<string, DesiredSlice> _slices = [];
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

    public void SetService(string name, DesiredService? service)
    {
        _changed.Add(name);
        Set(_services, name, service);
    }

    public void SetPod(string name, BackendPod? pod)
    {
        MarkWhoSelects(_pods.GetValueOrDefault(name));
        MarkWhoSelects(pod);
        Set(_pods, name, pod);
    }

    /// <summary>A node has another zone or other addresses.</summary>
    public void NodeChanged(string node)
    {
        foreach (var pod in _pods.Values.Where(pod => pod.Node == node))
        {
            MarkWhoSelects(pod);
        }
    }

    public void SetSlice(string name, DesiredSlice? slice)
    {
        foreach (var concerned in new[] { _slices.GetValueOrDefault(name), slice }.OfType<DesiredSlice>())
        {
            _changed.Add(concerned.Slice.Service);
        }
        Set(_slices, name, slice);
    }

    /// <summary>What is to be done to derived slices, by name: their new content, null to remove.</summary>
    public IEnumerable<KeyValuePair<string, EndpointSliceRecord?>> TakeChanges()
    {
        var changes = new List<KeyValuePair<string, EndpointSliceRecord?>>();
        if (_changed.Count == 0)
        {
            return changes;
        }
        var slices = _slices.Values.Where(slice => _changed.Contains(slice.Slice.Service)).ToLookup(slice => slice.Slice.Service, StringComparer.Ordinal);
        foreach (var name in _changed)
        {
            var written = slices[name].Any(slice => !IsDerived(slice));
            var derived = slices[name].Where(IsDerived).ToDictionary(slice => slice.Slice.Name, slice => slice.Slice, StringComparer.Ordinal);
            foreach (var slice in written ? [] : Derive(name, [.. derived.Values]))
            {
                if (!derived.Remove(slice.Name, out var before) || !before.Equals(slice))
                {
                    changes.Add(new(slice.Name, slice));
                }
            }
            changes.AddRange(derived.Keys.Select(gone => new KeyValuePair<string, EndpointSliceRecord?>(gone, null)));
        }
        _changed.Clear();
        return changes;
    }

    private static bool IsDerived(DesiredSlice slice) => slice.Source == Entities.Services.EndpointSliceKind.Derived;

    private IEnumerable<EndpointSliceRecord> Derive(string name, IReadOnlyCollection<EndpointSliceRecord> existing) =>
        _services.GetValueOrDefault(name) is { Selector.Count: > 0, Service.Type: not Kubernetes.ServiceResource.ExternalName } service
            ? new SliceDerivation(service, nodeOf).Derive([.. _pods.Values.Where(pod => pod.HasLabels(service.Selector))], existing)
            : [];

    private void MarkWhoSelects(BackendPod? pod)
    {
        if (pod is not null)
        {
            _changed.UnionWith(_services.Where(service => service.Value.Selector.Count > 0 && pod.HasLabels(service.Value.Selector)).Select(service => service.Key));
        }
    }

    private static void Set<T>(Dictionary<string, T> all, string name, T? value)
        where T : class
    {
        if (value is null)
        {
            all.Remove(name);
        }
        else
        {
            all[name] = value;
        }
    }
}
