using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Namespaces;

public sealed record ApplyNamespace(IReadOnlyDictionary<string, string> Labels, string Source) : NamespaceCommand, ICommand<Done>;
