namespace Axoneme.PolicyOracle;

/// <summary>One flow to judge.</summary>
/// <param name="Subject">The name of the party whose policies are asked.</param>
/// <param name="Direction">Whether the flow enters or leaves the subject.</param>
/// <param name="Peer">The name of the other party.</param>
/// <param name="Traffic">What travels.</param>
public sealed record Question(string Subject, Direction Direction, string Peer, Traffic Traffic)
{
    /// <inheritdoc/>
    public override string ToString() => Direction == Direction.Ingress
        ? $"{Subject} receives {Traffic} from {Peer}"
        : $"{Subject} sends {Traffic} to {Peer}";
}
