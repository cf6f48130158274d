namespace Axoneme.Policy;

/// <summary>Whose intervals these are. Identity 0 stands for every identity without a key of its own.</summary>
public readonly record struct PolicyMapKey(PolicyDirection Direction, uint Identity);
