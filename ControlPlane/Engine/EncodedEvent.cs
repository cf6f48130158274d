namespace Axoneme.ControlPlane.Engine;

/// <summary>An event ready to be stored.</summary>
public readonly record struct EncodedEvent(string Type, ReadOnlyMemory<byte> Payload);
