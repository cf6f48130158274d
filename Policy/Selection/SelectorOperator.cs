namespace Axoneme.Policy;

/// <summary>The operators of a Kubernetes label selector.</summary>
public enum SelectorOperator : byte
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
