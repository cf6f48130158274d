using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Identities that come out the same in one direction of a policy set: the same rules select them and ports' names mean the same for them.</summary>
internal sealed class RuleGroup(RuleGroup.Key key)
{
    public Key Content { get; } = key;

    /// <summary>How many identities it has.</summary>
    public int Members { get; set; }

    /// <summary>What they come to; <c>default</c> while that is not settled.</summary>
    public ImmutableArray<PolicyInterval> Intervals { get; set; }

    /// <summary>They come out like an identity that no rule names, and need no entry of their own.</summary>
    public bool IsLikeOthers { get; set; }

    /// <param name="rules">Rules for some peers only that select the identities, in order.</param>
    /// <param name="ports">What names of ports mean towards them; empty when no rule asks.</param>
    /// <param name="isOwnHost">It is the pod's own node.</param>
    /// <param name="control">What they are to a node; none where the subject is a pod.</param>
    public readonly struct Key(ImmutableArray<CompiledRule> rules, ImmutableArray<NamedPort> ports, bool isOwnHost, ControlPeers control) : IEquatable<Key>
    {
        public ImmutableArray<CompiledRule> Rules { get; } = rules;

        public ImmutableArray<NamedPort> Ports { get; } = ports;

        public bool IsOwnHost { get; } = isOwnHost;

        public ControlPeers Control { get; } = control;

        public bool Equals(Key other) =>
            IsOwnHost == other.IsOwnHost && Control == other.Control && Rules.AsSpan().SequenceEqual(other.Rules.AsSpan()) && Ports.AsSpan().SequenceEqual(other.Ports.AsSpan());

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = (uint)Ports.Length << 8 | (uint)Control;
            foreach (var rule in Rules)
            {
                hash = unchecked((hash * 31) + rule.Id);
            }

            return (int)hash;
        }
    }
}
