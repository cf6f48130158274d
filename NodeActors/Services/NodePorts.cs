using Axoneme.Datapath;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Maps;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Services;

/// <summary>The ports that the node itself cannot bind: what services have as node ports.</summary>
internal sealed class NodePorts(IKernelMap<NodePortKey, uint> map, ILogger logger)
{
    private readonly MapReconciler<NodePortKey, uint> _map = new(map, logger);
    private readonly Dictionary<ServiceOwner, NodePortKey[]> _ports = [];
    private readonly Dictionary<NodePortKey, int> _uses = [];

    public MapStatus Status => _map.Status;

    /// <summary>Takes what changed; null for an owner that is gone.</summary>
    public void Update(IReadOnlyDictionary<ServiceOwner, ServicePlan?> changes)
    {
        foreach (var (owner, plan) in changes)
        {
            NodePortKey[] ports = [.. (plan?.Frontends ?? []).Where(frontend => frontend.Kind == FrontendKind.NodePort).Select(frontend => new NodePortKey(frontend.Key.Port, frontend.Key.Protocol)).Distinct()];
            foreach (var port in ports)
            {
                _uses[port] = _uses.GetValueOrDefault(port) + 1;
                _map.Set(port, 1);
            }

            foreach (var port in _ports.GetValueOrDefault(owner) ?? [])
            {
                if (--_uses[port] == 0)
                {
                    _uses.Remove(port);
                    _map.Remove(port);
                }
            }

            if (ports.Length == 0)
            {
                _ports.Remove(owner);
            }
            else
            {
                _ports[owner] = ports;
            }
        }
    }

    /// <summary>Finds what the map holds against what it should.</summary>
    public void Compare(bool countsAsDrift) => _map.Compare(countsAsDrift);

    /// <summary>Writes what is due; false when the kernel refused something.</summary>
    public bool Write() => _map.WritePuts() & _map.WriteDeletes();
}
