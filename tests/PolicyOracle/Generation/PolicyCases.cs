using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>Cases to hold an engine against the oracle with, and how to make a failing one smaller.</summary>
public static class PolicyCases
{
    /// <summary>Cases with at most so many questions: all there are, or as many of them drawn by chance.</summary>
    public static Gen<PolicyCase> Any(int mostQuestions = 1500) =>
        from world in Worlds.Any
        from count in Gen.Choose(1, 7)
        from policies in Gen.CollectToArray(Enumerable.Range(0, count), i => Policy($"policy{i}"))
        from groups in SupportingObjects.CidrGroups
        from services in SupportingObjects.Services
        from seed in Gen.Choose(0, int.MaxValue - 1)
        let documents = Relevant(policies, [.. groups, .. services])
        select new PolicyCase(world, documents, Draw([.. Questions.All(world, documents)], mostQuestions, seed));

    /// <summary>Cases with their shrinker.</summary>
    public static Arbitrary<PolicyCase> Arbitrary(int mostQuestions = 1500) => Arb.From(Any(mostQuestions), Shrink);

    /// <summary>One more policy, of any kind.</summary>
    /// <param name="name">Its name; to keep documents apart, one no other has.</param>
    public static Gen<JsonElement> Policy(string name) => Gen.Frequency(
        (5, CiliumPolicies.Namespaced(name)),
        (4, CiliumPolicies.Clusterwide(name)),
        (3, KubernetesPolicies.Policy(name)));

    /// <summary>One more pod.</summary>
    /// <param name="name">A name no other party has.</param>
    /// <param name="number">The last byte of its address, 20–99, that no other pod has.</param>
    public static Gen<Endpoint> Pod(string name, int number) => Worlds.Pod(name, number, alwaysLocal: false);

    /// <summary>One more address outside, of a family the world already has; null when it has them all.</summary>
    public static Gen<OutsideAddress?> OutsideAddress(World world)
    {
        var dualStack = world.Outside.Any(o => !o.IsReserved("world"));
        var free = Alphabet.OutsideAddresses
            .Where(a => dualStack || a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
            .Except(world.Outside.Select(o => o.Address))
            .ToArray();
        return free.Length == 0
            ? Gen.Constant<OutsideAddress?>(null)
            : Gen.Elements(free).SelectMany(a => Worlds.OutsideAddress(a, dualStack)).Select(o => (OutsideAddress?)o);
    }

    /// <summary>Smaller cases: without a document, with fewer questions, without a party, with something less within a document.</summary>
    public static IEnumerable<PolicyCase> Shrink(PolicyCase policyCase)
    {
        foreach (var i in Enumerable.Range(0, policyCase.Documents.Count))
        {
            yield return policyCase with { Documents = Without(policyCase.Documents, i) };
        }

        var count = policyCase.Questions.Count;
        if (count > 1)
        {
            yield return policyCase with { Questions = [.. policyCase.Questions.Take(count / 2)] };
            yield return policyCase with { Questions = [.. policyCase.Questions.Skip(count / 2)] };
        }

        foreach (var world in Shrink(policyCase.World))
        {
            var names = world.Parties.Select(p => p.Name).ToHashSet();
            yield return policyCase with
            {
                World = world,
                Questions = [.. policyCase.Questions.Where(q => names.Contains(q.Subject) && names.Contains(q.Peer))],
            };
        }

        foreach (var i in Enumerable.Range(0, policyCase.Documents.Count))
        {
            foreach (var smaller in DocumentShrinker.Shrink(policyCase.Documents[i]))
            {
                yield return policyCase with { Documents = [.. policyCase.Documents.Select((d, at) => at == i ? smaller : d)] };
            }
        }

        if (count is > 1 and <= 16)
        {
            foreach (var i in Enumerable.Range(0, count))
            {
                yield return policyCase with { Questions = Without(policyCase.Questions, i) };
            }
        }
    }

    private static IEnumerable<World> Shrink(World world)
    {
        foreach (var i in Enumerable.Range(0, world.Endpoints.Count))
        {
            yield return world with { Endpoints = Without(world.Endpoints, i) };
        }

        foreach (var i in Enumerable.Range(0, world.Nodes.Count).Where(i => !world.Nodes[i].IsLocal))
        {
            yield return world with { Nodes = Without(world.Nodes, i) };
        }

        foreach (var i in Enumerable.Range(0, world.Outside.Count))
        {
            yield return world with { Outside = Without(world.Outside, i) };
        }

        foreach (var endpoint in world.Endpoints)
        {
            foreach (var i in Enumerable.Range(0, endpoint.Ports.Count))
            {
                yield return world with
                {
                    Endpoints = [.. world.Endpoints.Select(e => e == endpoint ? e with { Ports = Without(e.Ports, i) } : e)],
                };
            }
        }
    }

    // CIDR groups and services nobody refers to only make a case longer.
    private static IReadOnlyList<JsonElement> Relevant(IReadOnlyList<JsonElement> policies, IReadOnlyList<JsonElement> others)
    {
        var text = string.Concat(policies.Select(p => p.GetRawText()));
        return
        [
            .. policies,
            .. others.Where(o => text.Contains(o.Text("kind") == "CiliumCIDRGroup" ? "cidrGroup" : "toServices", StringComparison.Ordinal)),
        ];
    }

    private static IReadOnlyList<Question> Draw(Question[] all, int most, int seed)
    {
        if (all.Length <= most)
        {
            return all;
        }

        // Half of them where request rules are likely: there are many more other ports and protocols.
        new Random(seed).Shuffle(all);
        var likely = all.Where(q => q.Traffic.Protocol == L4Protocol.Tcp && Alphabet.HttpPorts.Contains(q.Traffic.Number)).Take(most / 2).ToHashSet();
        return [.. likely, .. all.Where(q => !likely.Contains(q)).Take(most - likely.Count)];
    }

    private static IReadOnlyList<T> Without<T>(IReadOnlyList<T> list, int index) => [.. list.Where((_, i) => i != index)];
}
