namespace Axoneme.Policy;

/// <summary>Where the proxy finds certificates (<c>terminatingTLS</c>, <c>originatingTLS</c>).</summary>
/// <param name="Secret">The secret that holds them.</param>
/// <param name="TrustedCa">Key of the trusted authorities in the secret, empty for the default (<c>ca.crt</c>).</param>
/// <param name="Certificate">Key of the certificate, empty for the default (<c>tls.crt</c>).</param>
/// <param name="PrivateKey">Key of the private key, empty for the default (<c>tls.key</c>).</param>
public sealed record TlsContext(SecretReference Secret, string TrustedCa, string Certificate, string PrivateKey);
