using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Cni;

/// <summary>A CNI call that cannot be done: becomes the CNI error object the runtime gets.</summary>
internal sealed class CniException(uint code, string message, string? details = null, Exception? inner = null) : Exception(message, inner)
{
    public uint Code { get; } = code;

    public CniError ToError(string cniVersion) => new(cniVersion, Code, Message, details);
}
