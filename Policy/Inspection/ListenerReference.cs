namespace Axoneme.Policy;

/// <summary>A listener of a CiliumEnvoyConfig that traffic goes through.</summary>
/// <param name="ConfigKind">CiliumEnvoyConfig or CiliumClusterwideEnvoyConfig.</param>
/// <param name="ConfigName">Name of that object.</param>
/// <param name="Name">Name of the listener in it.</param>
/// <param name="Priority">1 (first) to 100; 0 when none was written. Of several listeners for the same traffic the lowest decides.</param>
public sealed record ListenerReference(string ConfigKind, string ConfigName, string Name, int Priority);
