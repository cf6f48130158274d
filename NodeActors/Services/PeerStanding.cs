namespace Axoneme.NodeActors.Services;

/// <summary>What a service says of a backend that one of its sockets talks to.</summary>
internal enum PeerStanding
{
    /// <summary>It serves, or terminates and keeps what it has.</summary>
    Stays,

    /// <summary>It was removed just now; what is on its way still belongs to it.</summary>
    Leaves,

    /// <summary>It was removed long enough ago that nothing of it is awaited.</summary>
    Gone,
}
