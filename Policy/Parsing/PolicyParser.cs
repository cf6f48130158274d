using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>
/// Reads Kubernetes objects that carry policy. Everything written is either understood or refused with its field path: an object with
/// one error is no policy at all, so that nobody relies on half of it.
/// </summary>
public static class PolicyParser
{
    /// <summary>The kinds <see cref="Parse"/> takes.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        ["NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", CidrGroup.KindName];

    /// <summary>Parses one object; never throws on bad input.</summary>
    public static PolicyParseResult Parse(JsonElement kubernetesObject)
    {
        var errors = new List<PolicyError>();
        if (!CompactJson.IsText(kubernetesObject))
        {
            return new PolicyParseResult(null, [new PolicyError("", "holds text that is not Unicode (half of a surrogate pair); remove it")]);
        }

        var policy = FieldReader.Open(kubernetesObject, "", errors) is { } root ? ParseObject(root) : null;
        return errors.Count > 0 || policy is null ? new PolicyParseResult(null, errors) : new PolicyParseResult(policy, []);
    }

    private static PolicyObject? ParseObject(FieldReader root)
    {
        var (apiVersions, parse) = root.String("kind") switch
        {
            "NetworkPolicy" => (["networking.k8s.io/v1"], NetworkPolicyParser.Parse),
            "CiliumNetworkPolicy" => (["cilium.io/v2"], reader => CiliumPolicyParser.Parse(reader, namespaced: true)),
            "CiliumClusterwideNetworkPolicy" => (["cilium.io/v2"], reader => CiliumPolicyParser.Parse(reader, namespaced: false)),
            CidrGroup.KindName => (["cilium.io/v2", "cilium.io/v2alpha1"], CidrGroupParser.Parse),
            _ => ((string[])[], (Func<FieldReader, PolicyObject?>?)null),
        };
        if (parse is null)
        {
            root.Refuse("kind", $"must be one of {string.Join(", ", Kinds)}");
            return null;
        }

        if (!apiVersions.Contains(root.String("apiVersion")))
        {
            root.Refuse("apiVersion", $"must be {string.Join(" or ", apiVersions)}, is \"{root.String("apiVersion")}\"");
        }

        root.Raw("status"); // written by controllers, no part of the policy
        return parse(root);
    }
}
