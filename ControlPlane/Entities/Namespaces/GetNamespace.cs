using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Namespaces;

/// <summary>What is in force; changes nothing.</summary>
public sealed record GetNamespace : NamespaceCommand, ICommand<NamespaceState>;
