using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Policies;

public abstract record PolicyCommand : ICommand;

/// <summary>The policy object as its author wrote it. The hash and source in force change nothing.</summary>
public sealed record ApplyPolicy(string Json, string Source, string ContentHash) : PolicyCommand, ICommand<Done>;

public sealed record RemovePolicy : PolicyCommand, ICommand<Done>;

/// <summary>What is in force; changes nothing.</summary>
public sealed record GetPolicy : PolicyCommand, ICommand<PolicyState>;
