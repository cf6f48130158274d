using System.Text.Json;

namespace Axoneme.PolicyOracle;

/// <summary>One spec of a policy document: whom it is about, and what it says about each direction.</summary>
internal abstract class WrittenSpec
{
    /// <summary>Whether the party is subject to it.</summary>
    public abstract bool SelectsSubject(Party party);

    /// <summary>Whether it drops what nothing allows in that direction.</summary>
    public abstract bool EnablesDefaultDeny(Direction direction);

    /// <summary>The rules of that direction, as they are written.</summary>
    public abstract IEnumerable<WrittenRule> Rules(Direction direction);

    /// <summary>The specs of a document; none when it is not a policy.</summary>
    public static IEnumerable<WrittenSpec> Of(JsonElement document, ClusterObjects cluster)
    {
        switch (document.Text("kind"))
        {
            case "NetworkPolicy":
                yield return new KubernetesSpec(document, cluster);
                break;
            case "CiliumNetworkPolicy" or "CiliumClusterwideNetworkPolicy":
                if (document.Member("spec") is { } spec)
                {
                    yield return new CiliumSpec(document, spec, "", cluster);
                }

                foreach (var (i, one) in document.Items("specs").Index())
                {
                    yield return new CiliumSpec(document, one, $"specs[{i}].", cluster);
                }

                break;
        }
    }
}
