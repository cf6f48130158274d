namespace Axoneme.NodeActors.Identities;

/// <summary>What of another node has an identity: its addresses, and apart from them those at which it serves the Kubernetes API.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="ServesApi">Which of the two is meant.</param>
internal readonly record struct RemoteNodeKey(string Node, bool ServesApi)
{
    /// <summary>No node's name has a slash.</summary>
    private const string ApiSuffix = "/kube-apiserver";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static RemoteNodeKey Parse(string text) =>
        text.EndsWith(ApiSuffix, StringComparison.Ordinal) ? new RemoteNodeKey(text[..^ApiSuffix.Length], true) : new RemoteNodeKey(text, false);

    public override string ToString() => ServesApi ? Node + ApiSuffix : Node;
}
