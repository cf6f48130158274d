namespace Axoneme.Cni;

/// <summary>A failure that the runtime gets as a CNI error object.</summary>
/// <param name="code">See <see cref="CniCode"/>.</param>
/// <param name="message">Names the object or field and what is wrong with it.</param>
/// <param name="details">What to do about it.</param>
internal sealed class CniFailure(uint code, string message, string? details = null) : Exception(message)
{
    public uint Code { get; } = code;

    public string? Details { get; } = details;
}
