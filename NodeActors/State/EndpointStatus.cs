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

    /// <summary>Why its labels cannot be read, null when they can: it is closed until then.</summary>
    public string? LabelProblem { get; init; }

    /// <summary>Why it is not as it should be, null when it is.</summary>
    public string? Problem { get; init; }

    /// <summary>The endpoint as somebody with these labels. One whose labels cannot be read is nobody yet and closed; it must not stop the others.</summary>
    /// <param name="identity">The identity's number, 0 when the labels have none yet.</param>
    /// <param name="labels">Labels as the control plane sends them.</param>
    public EndpointStatus IdentifiedBy(uint identity, IEnumerable<string> labels)
    {
        var nobody = this with { Identity = ReservedIdentity.Init, Labels = ReservedIdentity.LabelsOf(ReservedIdentity.Init) };
        try
        {
            var read = LabelSet.Parse(labels);
            return (identity == 0 ? nobody : this with { Identity = identity, Labels = read }) with { LabelProblem = null };
        }
        catch (FormatException exception)
        {
            return nobody with { LabelProblem = $"labels of {Endpoint.Name} cannot be read ({exception.Message}); nothing may pass" };
        }
    }
}
