using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>
/// Reads Kubernetes objects that carry policy, or that policies refer to. Everything written in a policy is either understood or refused with its
/// field path: an object with one error is no policy at all, so that nobody relies on half of it. Services and their endpoints are not ours, so of
/// those only what policies need is read.
/// </summary>
public static class PolicyParser
{
    /// <summary>The kinds that hold rules.</summary>
    public static IReadOnlyList<string> RuleKinds { get; } = ["NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"];

    /// <summary>Every kind <see cref="Parse"/> takes.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        [.. RuleKinds, CidrGroup.KindName, PolicyService.KindName, ServiceAddresses.SliceKindName, ServiceAddresses.EndpointsKindName];

    /// <summary>Parses one object; never throws on bad input.</summary>
    public static PolicyParseResult Parse(JsonElement kubernetesObject)
    {
        var errors = new ErrorList();
        if (!CompactJson.IsText(kubernetesObject))
        {
            errors.Add("", "holds text that is not Unicode (half of a surrogate pair); remove it");
            return new PolicyParseResult(null, errors.ToList());
        }

        var policy = FieldReader.Open(kubernetesObject, "", index: null, errors) is { } root ? ParseObject(root) : null;
        return errors.ToList() is { Count: > 0 } found ? new PolicyParseResult(null, found) : new PolicyParseResult(policy, []);
    }

    private static PolicyObject? ParseObject(FieldReader root)
    {
        var (apiVersions, parse) = root.String("kind") switch
        {
            "NetworkPolicy" => (["networking.k8s.io/v1"], NetworkPolicyParser.Parse),
            "CiliumNetworkPolicy" => (["cilium.io/v2"], reader => CiliumPolicyParser.Parse(reader, namespaced: true)),
            "CiliumClusterwideNetworkPolicy" => (["cilium.io/v2"], reader => CiliumPolicyParser.Parse(reader, namespaced: false)),
            CidrGroup.KindName => (["cilium.io/v2", "cilium.io/v2alpha1"], CidrGroupParser.Parse),
            PolicyService.KindName => (["v1"], ServiceParser.ParseService),
            ServiceAddresses.SliceKindName => (["discovery.k8s.io/v1"], ServiceParser.ParseSlice),
            ServiceAddresses.EndpointsKindName => (["v1"], ServiceParser.ParseEndpoints),
            _ => ((string[])[], (Func<FieldReader, PolicyObject?>?)null),
        };
        if (parse is null)
        {
            root.Refuse("kind", $"must be one of {string.Join(", ", Kinds)}");
            return null;
        }

        if (!apiVersions.Contains(root.String("apiVersion")))
        {
            root.Refuse("apiVersion", $"must be {string.Join(" or ", apiVersions)}, is {FieldReader.Quote(root.String("apiVersion") ?? "")}");
        }

        root.Raw("status"); // written by controllers, no part of the policy
        return parse(root);
    }
}
