namespace Axoneme.Datapath;

/// <summary>The kernel refused something. The message holds the object, the operation and the reason.</summary>
public sealed class KernelException(string message, int errorNumber = 0, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The errno value, 0 when there was none.</summary>
    public int ErrorNumber { get; } = errorNumber;
}
