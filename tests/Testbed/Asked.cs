namespace Axoneme.Testbed;

/// <summary>One question of an <see cref="Asker"/>.</summary>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
/// <param name="Address">Where to.</param>
/// <param name="Port">Where to.</param>
/// <param name="From">The port to ask from; 0: one that was not used by any question for long.</param>
public sealed record Asked(string Protocol, string Address, int Port, int From = 0);
