namespace Axoneme.Policy;

/// <summary>The verdict for traffic classes <see cref="Low"/> to <see cref="High"/> (inclusive), and the rule that decides it.</summary>
/// <param name="Low">Lowest traffic class, <c>protocol &lt;&lt; 16 | port</c>.</param>
/// <param name="High">Highest traffic class.</param>
/// <param name="Verdict">What happens to the traffic.</param>
/// <param name="Rule">Id of the deciding rule; see <see cref="ImplicitRule"/> for those nobody wrote.</param>
/// <param name="ProxyPort">Where a redirect goes, else 0.</param>
public readonly record struct PolicyInterval(uint Low, uint High, PolicyVerdict Verdict, uint Rule, ushort ProxyPort = 0);
