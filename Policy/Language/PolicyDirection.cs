namespace Axoneme.Policy;

/// <summary>Seen from the pod the policy applies to. The numbers are the kernel's.</summary>
public enum PolicyDirection : byte
{
    Egress = 0,
    Ingress = 1,
}
