namespace Axoneme.Policy;

/// <summary>The numbers are the kernel's.</summary>
public enum PolicyVerdict : byte
{
    Deny = 0,
    Allow = 1,

    /// <summary>To the proxy that looks inside.</summary>
    Redirect = 2,
}
