using System.Collections.Immutable;
using System.Net;

namespace Axoneme.Policy;

/// <summary>
/// An EndpointSlice or an Endpoints object: some of the addresses, as prefixes of full length, behind the Service of that name in the same namespace (label
/// <c>kubernetes.io/service-name</c>, or the name of the Endpoints object).
/// </summary>
public sealed record ServiceAddresses(string Kind, string Namespace, string Name, string Content, string Service, ImmutableArray<IPNetwork> Addresses)
    : PolicyObject(Kind, Namespace, Name, Content)
{
    public const string SliceKindName = "EndpointSlice";
    public const string EndpointsKindName = "Endpoints";

    /// <summary>The Kubernetes API is served at these addresses: they are behind the Service <c>kubernetes</c> in namespace <c>default</c>.</summary>
    public bool ServeApi => Namespace == "default" && Service == "kubernetes";
}
