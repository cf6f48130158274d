using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Policies;

/// <summary>What is in force; changes nothing.</summary>
public sealed record GetPolicy : PolicyCommand, ICommand<PolicyState>;
