namespace Axoneme.Policy;

/// <summary>The labels of nodes, from those of their Node objects.</summary>
public static class NodeLabels
{
    private static readonly Label s_apiServer = new(LabelSource.Reserved, "kube-apiserver", "");

    /// <summary>Of a node to itself: what a <c>nodeSelector</c> looks at. The Node object's labels are of source <c>k8s</c> there (Cilium's host endpoint).</summary>
    /// <param name="labels">metadata.labels of the Node object.</param>
    /// <param name="servesApi">The Kubernetes API is served at one of its addresses.</param>
    public static LabelSet OfHost(IEnumerable<KeyValuePair<string, string>> labels, bool servesApi) =>
        Of(ReservedIdentity.Host, labels, LabelSource.Kubernetes, servesApi);

    /// <summary>Of a node to others: what <c>fromNodes</c> and <c>toNodes</c> look at (Cilium's <c>enable-node-selector-labels</c>).</summary>
    /// <param name="labels">metadata.labels of the Node object.</param>
    /// <param name="servesApi">The Kubernetes API is served at the address.</param>
    public static LabelSet OfRemote(IEnumerable<KeyValuePair<string, string>> labels, bool servesApi) =>
        Of(ReservedIdentity.RemoteNode, labels, LabelSource.Node, servesApi);

    /// <summary>An identity's labels where the Kubernetes API is served.</summary>
    public static LabelSet ServingApi(LabelSet labels) => new(labels.Append(s_apiServer));

    private static LabelSet Of(uint identity, IEnumerable<KeyValuePair<string, string>> labels, string source, bool servesApi) => new(
        ReservedIdentity.LabelsOf(identity)
            .Concat(servesApi ? [s_apiServer] : [])
            .Concat(labels.Where(label => label.Key.Length > 0).Select(label => new Label(source, label.Key, label.Value))));
}
