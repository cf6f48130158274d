using Axoneme.Wire.Journal;
using Axoneme.Wire.Node;
using Event = Axoneme.Wire.Journal.EndpointEvent;

namespace Axoneme.ControlPlane.Entities.Endpoints;

/// <summary>How events change an endpoint's state. An identity is held as long as the pod is wanted or an address of it is reported.</summary>
internal static class EndpointTransition
{
    /// <summary>Whether these labels are wanted and their number has not come.</summary>
    public static bool Awaits(EndpointState state, IReadOnlyList<string> labels) =>
        state.Desired is { HostNetwork: false } desired && desired.Labels.SequenceEqual(labels) && !Holds(state, labels);

    public static bool IsReleasing(EndpointState state, IReadOnlyList<string> labels) =>
        state.Releasing.Any(released => released.Labels.SequenceEqual(labels));

    public static EndpointState Apply(EndpointState state, Event happened)
    {
        var after = state.Clone();
        switch (happened.EventCase)
        {
            case Event.EventOneofCase.Applied:
                OnApplied(state, after, happened.Applied.Pod);
                break;
            case Event.EventOneofCase.Removed:
                StopWaiting(state, after);
                (after.Desired, after.Published, after.Refusal) = (null, null, "");
                ReleaseWhenUnused(after);
                break;
            case Event.EventOneofCase.Assigned:
                if (!Holds(after, happened.Assigned.Labels))
                {
                    LetGo(after);
                }
                after.Held = ToLabelSet(happened.Assigned.Labels);
                after.Identity = happened.Assigned.Number;
                if (after.Desired is { } desired && Holds(after, desired.Labels))
                {
                    (after.Published, after.Refusal) = (desired, "");
                }
                break;
            case Event.EventOneofCase.Refused:
                after.Refusal = happened.Refused.Reason;
                // Published without an identity, the pod starts as init; one that has an identity keeps it.
                after.Published = after.Identity == 0 ? after.Desired : after.Published;
                break;
            case Event.EventOneofCase.Released:
                Drop(after, happened.Released.Labels);
                break;
            case Event.EventOneofCase.Reported:
                OnReported(after, happened.Reported.Report);
                break;
            default:
                throw new InvalidOperationException($"no state follows from {happened.EventCase}");
        }
        return after;
    }

    private static void OnApplied(EndpointState before, EndpointState after, DesiredPod pod)
    {
        if (pod.HostNetwork)
        {
            // Its node's addresses and identity are its own.
            StopWaiting(before, after);
            (after.Desired, after.Published, after.Refusal) = (pod, null, "");
            ReleaseWhenUnused(after);
            return;
        }
        if (before.Desired is null || before.Desired.HostNetwork || !before.Desired.Labels.SequenceEqual(pod.Labels))
        {
            StopWaiting(before, after);
            after.Refusal = "";
        }
        Drop(after, pod.Labels);
        after.Desired = pod;
        if (Holds(after, pod.Labels) || (after.Identity == 0 && after.Refusal.Length > 0))
        {
            after.Published = pod;
        }
    }

    private static void OnReported(EndpointState after, EndpointReport report)
    {
        // One report per node: a pod has one sandbox at a time, and a new one replaces what the node said of the last.
        var known = after.Reports.FirstOrDefault(r => r.Node == report.Node);
        if (known is not null)
        {
            after.Reports.Remove(known);
        }
        if (!report.Removed)
        {
            after.Reports.Add(report);
        }
        ReleaseWhenUnused(after);
    }

    private static void StopWaiting(EndpointState before, EndpointState after)
    {
        if (before.Desired is { } desired && Awaits(before, desired.Labels))
        {
            after.Releasing.Add(ToLabelSet(desired.Labels));
        }
    }

    private static void ReleaseWhenUnused(EndpointState after)
    {
        if (after.Desired is null or { HostNetwork: true } && after.Reports.Count == 0)
        {
            LetGo(after);
        }
    }

    private static void LetGo(EndpointState after)
    {
        if (after.Held is not null)
        {
            after.Releasing.Add(after.Held);
            (after.Held, after.Identity) = (null, 0);
        }
    }

    private static void Drop(EndpointState after, IReadOnlyList<string> labels)
    {
        if (after.Releasing.FirstOrDefault(released => released.Labels.SequenceEqual(labels)) is { } dropped)
        {
            after.Releasing.Remove(dropped);
        }
    }

    private static bool Holds(EndpointState state, IReadOnlyList<string> labels) =>
        state.Held is not null && state.Held.Labels.SequenceEqual(labels);

    private static LabelSet ToLabelSet(IEnumerable<string> labels) => new() { Labels = { labels } };
}
