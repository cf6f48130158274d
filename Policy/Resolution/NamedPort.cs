namespace Axoneme.Policy;

/// <summary>A container port that has a name. Names are compared without case.</summary>
public readonly record struct NamedPort(string Name, IpProtocol Protocol, ushort Port);
