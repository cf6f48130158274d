using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Namespaces;

public abstract record NamespaceCommand : ICommand;

public sealed record ApplyNamespace(IReadOnlyDictionary<string, string> Labels, string Source) : NamespaceCommand, ICommand<Done>;

public sealed record RemoveNamespace : NamespaceCommand, ICommand<Done>;

/// <summary>What is in force; changes nothing.</summary>
public sealed record GetNamespace : NamespaceCommand, ICommand<NamespaceState>;
