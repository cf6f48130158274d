namespace Axoneme.Policy;

/// <summary>What a proxy must be able to read.</summary>
public enum InspectionProtocol : byte
{
    /// <summary>Nothing but the TLS handshake, or whatever a custom listener makes of it.</summary>
    Tls,
    Http,
    Kafka,
    Dns,

    /// <summary>A protocol with a name of its own (<c>l7proto</c>) and rules of key-value pairs.</summary>
    KeyValue,
}
