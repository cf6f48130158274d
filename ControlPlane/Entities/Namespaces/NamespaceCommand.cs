using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Namespaces;

public abstract record NamespaceCommand : ICommand;
