using Axoneme.DatapathFuzz.Tests.Node;
using Axoneme.DatapathFuzz.Tests.Packets;

namespace Axoneme.DatapathFuzz.Tests.Model;

/// <summary>Services: whom a packet reaches must be allowed to get it from its client, whatever it was addressed to.</summary>
internal sealed partial class Referee
{
    private const byte NoService = 158;

    /// <summary>What is wrong with what became of a packet to a frontend; null when nothing is.</summary>
    /// <param name="asked">What was put in.</param>
    /// <param name="sight">Of the same packet addressed to the backend.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="backend">Whom the service leads to; null for nobody.</param>
    public string? JudgeAsked(Injection asked, Sight sight, Outcome outcome, Place? backend)
    {
        var after = StrictReader.Read(outcome.Frame);
        if (outcome.Verdict == Outcome.Shot || outcome.Drops.Any())
        {
            return Untold(outcome) ?? (outcome.Verdict == Outcome.Shot ? null
                : outcome.Drops.All(drop => drop.Reason == NoService) && backend is null && after.IsError && after.Destination.Equals(sight.Packet.Source) && Checksums.AreRight(outcome.Frame, after) ? null
                : "dropped, and something went on that does not say so");
        }

        if (backend is null || !after.Destination.Equals(sight.Packet.Destination) || after.DestinationPort != sight.Packet.DestinationPort)
        {
            return $"to {after.Destination} port {after.DestinationPort}, and the backend is {sight.Packet.Destination} port {sight.Packet.DestinationPort}";
        }

        if (!Checksums.AreRight(outcome.Frame, after))
        {
            return "translated, and its checksums are wrong now";
        }

        var sender = world.PlaceOf(sight.Packet.Source);
        if (backend.Kind != PlaceKind.LocalPod)
        {
            return IsDeliveredToAnybody(after) ? $"into a pod, and it is for {backend.Party.Name}" : asked.Program == "from_pod" ? AdmitSeen(sight, sender, backend) : null;
        }

        if (outcome.Verdict != Outcome.Redirect || !IsDeliveredTo(backend, after))
        {
            return $"not into {backend.Party.Name}, whom it is for";
        }

        if (sender == backend)
        {
            return null; // nobody judges what a pod says to itself
        }

        return (asked.Program == "from_netdev" ? Forgery(sender, arrived: true, throughTunnel: false) : null) ?? AdmitSeen(sight, sender, backend);
    }

    /// <summary>What is wrong with what became of a packet from outside that names a frontend.</summary>
    public string? JudgeNamed(Sight sight, Outcome outcome, Place pod)
    {
        var after = StrictReader.Read(outcome.Frame);
        if (outcome.Verdict == Outcome.Shot || outcome.Drops.Any())
        {
            return Untold(outcome) ?? (outcome.Verdict == Outcome.Shot ? null : "dropped, and something went on");
        }

        if (outcome.Verdict != Outcome.Redirect || !IsDeliveredTo(pod, after))
        {
            return $"not into {pod.Party.Name}, whom it is for";
        }

        var sender = world.PlaceOf(sight.Packet.Source);
        return Forgery(sender, arrived: true, throughTunnel: false) ?? AdmitSeen(sight, sender, pod);
    }

    /// <summary>What is wrong with what became of a backend's answer.</summary>
    public string? JudgeAnswer(Injection answer, Sight sight, Outcome outcome, Place pod)
    {
        var (read, after) = (sight.Packet, StrictReader.Read(outcome.Frame));
        if (outcome.Verdict == Outcome.Shot || outcome.Drops.Any())
        {
            // Who may answer may do so also where the way back is lost.
            return Untold(outcome) ?? (outcome.Verdict != Outcome.Shot ? "dropped, and something went on" : outcome.Drops.Any(drop => drop.Reason == NoNatMapping) ? AdmitOnly(answer, sight) : null);
        }

        var receiver = world.PlaceOf(read.Destination);
        if (!after.Destination.Equals(read.Destination) || after.DestinationPort != read.DestinationPort)
        {
            return $"an answer to {read.Destination} goes to {after.Destination}";
        }

        if (receiver.Kind == PlaceKind.LocalPod ? outcome.Verdict != Outcome.Redirect || !IsDeliveredTo(receiver, after) : IsDeliveredToAnybody(after))
        {
            return $"not to {receiver.Party.Name}, whom it is for";
        }

        if (!Checksums.AreRight(outcome.Frame, after))
        {
            return "answered, and its checksums are wrong now";
        }

        return AdmitSeen(sight, pod, receiver);
    }

    private string? AdmitSeen(Sight sight, Place sender, Place receiver) => Admit(sight, sight.Packet, sight.Tuple, sight.Connection, sender, receiver, told: null);

    private static string? Untold(Outcome outcome) => !outcome.Drops.Any() ? "dropped, and no event says so" : outcome.Drops.Any(drop => drop.Reason == 0) ? "dropped without a reason" : null;

    private bool IsDeliveredToAnybody(ReadPacket after) => world.Here.Any(place => place.Kind == PlaceKind.LocalPod && after.DestinationMac == place.Mac);
}
