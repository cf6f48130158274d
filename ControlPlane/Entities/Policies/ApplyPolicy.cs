using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Policies;

/// <summary>The policy object as its author wrote it. The hash and source in force change nothing.</summary>
public sealed record ApplyPolicy(string Json, string Source, string ContentHash) : PolicyCommand, ICommand<Done>;
