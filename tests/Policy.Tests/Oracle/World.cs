using System.Net;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>An engine with the generators' parties in it.</summary>
internal sealed class World
{
    /// <summary>Every prefix the generators write, with its identity.</summary>
    private static readonly Dictionary<IPNetwork, uint> Prefixes = new()
    {
        [IPNetwork.Parse("10.0.0.0/8")] = 1u << 24,
        [IPNetwork.Parse("10.1.0.0/16")] = (1u << 24) + 1,
        [IPNetwork.Parse("10.1.1.0/24")] = (1u << 24) + 2,
    };

    private readonly Dictionary<string, uint> _numbers;

    /// <param name="policies">Put in force in this order.</param>
    /// <param name="policiesFirst">Before any identity but the reserved ones is known.</param>
    public World(IEnumerable<WrittenPolicy> policies, bool policiesFirst = false)
    {
        var identities = Generators.Parties.Where(party => party.App is not null).Select((party, index) => (Number: 1000u + (uint)index, party.Name, Labels: LabelsOf(party))).ToList();
        _numbers = identities.ToDictionary(identity => identity.Name, identity => identity.Number);
        Action[] steps = [() => identities.ForEach(identity => Engine.UpsertIdentity(identity.Number, identity.Labels)), () => policies.ToList().ForEach(Add)];
        Array.ForEach(policiesFirst ? [steps[1], steps[0]] : steps, step => step());
        foreach (var (prefix, identity) in Prefixes)
        {
            Engine.UpsertIdentity(identity, Engine.CidrLabels(prefix));
        }
    }

    public PolicyEngine Engine { get; } = new();

    public static LabelSet LabelsOf(Party pod) =>
        PodLabels.IdentityLabels(pod.Namespace!, [new("app", pod.App!)], [], null, "default");

    public void Add(WrittenPolicy policy) => Engine.UpsertPolicy(policy.Key, Assert.Single(Scenario.ParseAll(policy.ToYaml())));

    /// <summary>As a node knows it: addresses by the longest prefix that the engine asked for.</summary>
    public uint IdentityOf(Party party)
    {
        if (party.Address is not { } text)
        {
            return party.Reserved switch { "host" => ReservedIdentity.Host, "remote-node" => ReservedIdentity.RemoteNode, _ => _numbers[party.Name] };
        }

        var address = IPAddress.Parse(text);
        var holders = Engine.CidrPrefixes.Where(prefix => prefix.Contains(address)).OrderByDescending(prefix => prefix.PrefixLength).ToList();
        return holders.Count > 0 ? Prefixes[holders[0]] : ReservedIdentity.WorldIPv4;
    }
}
