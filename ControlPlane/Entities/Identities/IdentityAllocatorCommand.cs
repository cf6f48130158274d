using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Identities;

public abstract record IdentityAllocatorCommand : ICommand;
