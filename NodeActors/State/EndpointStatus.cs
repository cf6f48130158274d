using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Endpoints;
using Axoneme.Policy;

namespace Axoneme.NodeActors.State;

/// <summary>An endpoint as the state actor sees it: who it is, and by what it is judged.</summary>
internal sealed record EndpointStatus(Endpoint Endpoint)
{
    public uint Identity { get; init; } = ReservedIdentity.Init;

    public LabelSet Labels { get; init; } = ReservedIdentity.LabelsOf(ReservedIdentity.Init);

    /// <summary>Labels and named ports: what its policy depends on.</summary>
    public PolicySubject Subject { get; init; } = new(ReservedIdentity.LabelsOf(ReservedIdentity.Init));

    /// <summary>What the kernel's record of it is to say.</summary>
    public EndpointEntry Entry { get; init; }

    /// <summary>Whether the kernel has that record.</summary>
    public bool IsWritten { get; init; }

    /// <summary>Why it is not as it should be, null when it is.</summary>
    public string? Problem { get; init; }
}
