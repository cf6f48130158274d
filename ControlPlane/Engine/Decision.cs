namespace Axoneme.ControlPlane.Engine;

/// <summary>What an entity makes of a command: facts to store, commands for others, and the answer; or a refusal.</summary>
public sealed record Decision<TEvent>
{
    public IReadOnlyList<TEvent> Events { get; init; } = [];

    public IReadOnlyList<Effect> Effects { get; init; } = [];

    public object Reply { get; init; } = Done.Instance;

    /// <summary>Why the command is refused, naming the fix; null when it is accepted. A refusal has no events and no effects.</summary>
    public string? Refusal { get; init; }

    /// <summary>Nothing to do.</summary>
    public static Decision<TEvent> Nothing { get; } = new();

    public static Decision<TEvent> Refuse(string reason) => new() { Refusal = reason };
}
