namespace Axoneme.Policy;

/// <summary>What a proxy saw and asks about.</summary>
/// <param name="ServerName">Server name of the TLS handshake of the connection, null when there is none.</param>
public abstract record Request(string? ServerName)
{
    /// <summary>The parts that rules may permit separately; the request passes when every part does.</summary>
    public virtual IEnumerable<Request> Parts => [this];
}
