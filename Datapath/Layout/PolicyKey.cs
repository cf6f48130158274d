using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>policy</c> (<c>struct policy_key</c>). Identity 0 holds for every identity without an entry of its own.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PolicyKey(uint Policy, uint Identity)
{
    /// <summary>Joins policy id and direction as the kernel does.</summary>
    public static PolicyKey Of(uint policyId, TrafficDirection direction, uint identity) => new(policyId << 1 | (uint)direction, identity);

    public uint PolicyId => Policy >> 1;
    public TrafficDirection Direction => (TrafficDirection)(Policy & 1);
}

/// <summary><c>enum direction</c>: seen from the pod.</summary>
public enum TrafficDirection : byte
{
    Egress = 0,
    Ingress = 1,
}
