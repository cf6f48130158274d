using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Namespaces;

public sealed record RemoveNamespace : NamespaceCommand, ICommand<Done>;
