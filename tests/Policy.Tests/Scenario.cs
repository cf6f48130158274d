using System.Globalization;
using System.Net;
using Axoneme.Kubernetes;

namespace Axoneme.Policy.Tests;

/// <summary>
/// Policies as YAML, a small cluster they apply to, and a table of what must come of them. One line of the table reads
/// <c>backend from frontend tcp/80 allow</c> or <c>backend to 10.1.2.3 udp/53 drop</c>; verdicts are <c>allow</c> and <c>deny</c> (by a written
/// rule), <c>drop</c> (nothing allows it), <c>open</c> (nothing restricts it) and <c>host</c> (the node's own right); a rule's section may follow.
/// </summary>
internal sealed class Scenario
{
    private const uint FirstPod = 1000;
    private const uint FirstPrefix = 1u << 24;

    /// <summary>Pods: name, namespace, labels. Namespace "data" is labelled team=storage, "other" team=web.</summary>
    private static readonly (string Name, string Namespace, string Labels, string Account)[] Pods =
    [
        ("frontend", "default", "app=frontend,tier=web", "default"),
        ("backend", "default", "app=backend,tier=app", "backend"),
        ("idle", "default", "app=idle", "default"),
        ("db", "data", "app=db,tier=data", "db"),
        ("frontend@data", "data", "app=frontend", "default"),
        ("frontend@other", "other", "app=frontend,tier=web", "default"),
    ];

    private static readonly Dictionary<string, Dictionary<string, string>> Namespaces = new()
    {
        ["default"] = [],
        ["data"] = new() { ["team"] = "storage", ["kubernetes.io/metadata.name"] = "data" },
        ["other"] = new() { ["team"] = "web", ["kubernetes.io/metadata.name"] = "other" },
    };

    /// <summary>Ports that containers of a pod name.</summary>
    private static readonly Dictionary<string, NamedPort[]> NamedPorts = new()
    {
        ["backend"] = [new("http", IpProtocol.Tcp, 8080), new("metrics", IpProtocol.Tcp, 9100), new("dns", IpProtocol.Udp, 5353)],
        ["db"] = [new("http", IpProtocol.Tcp, 5432)],
    };

    private readonly Dictionary<string, (uint Identity, LabelSet Labels)> _pods = [];
    private readonly Dictionary<IPNetwork, uint> _prefixes = [];

    public Scenario(string yaml)
    {
        var number = FirstPod;
        foreach (var (name, ns, labels, account) in Pods)
        {
            var podLabels = labels.Split(',').Select(label => label.Split('=')).ToDictionary(label => label[0], label => label[1]);
            _pods[name] = (number, PodLabels.IdentityLabels(ns, podLabels, Namespaces[ns], account, "default"));
            Engine.UpsertIdentity(number, _pods[name].Labels);
            Engine.SetNamedPorts(number, NamedPorts.GetValueOrDefault(name, []));
            number++;
        }

        _pods["remote"] = (number, PodLabels.IdentityLabels("default", [new("app", "frontend")], [], null, "cluster2"));
        Engine.UpsertIdentity(number, _pods["remote"].Labels);
        _pods["init"] = (ReservedIdentity.Init, ReservedIdentity.LabelsOf(ReservedIdentity.Init));
        Apply(yaml);
    }

    public PolicyEngine Engine { get; } = new();

    public void Apply(string yaml)
    {
        foreach (var policy in ParseAll(yaml))
        {
            Engine.UpsertPolicy(policy.Key, policy);
        }

        foreach (var prefix in Engine.CidrPrefixes.Where(prefix => !_prefixes.ContainsKey(prefix)).ToList())
        {
            _prefixes[prefix] = FirstPrefix + (uint)_prefixes.Count;
            Engine.UpsertIdentity(_prefixes[prefix], Engine.CidrLabels(prefix));
        }
    }

    public static IEnumerable<PolicyObject> ParseAll(string yaml)
    {
        var read = YamlDocuments.Read("test.yaml", yaml);
        Assert.Empty(read.Errors);
        foreach (var document in read.Documents)
        {
            var result = PolicyParser.Parse(document.Body);
            Assert.True(result.Policy is not null, string.Join("\n", result.Errors));
            yield return result.Policy;
        }
    }

    public PolicySubject Subject(string name) => new(_pods[name].Labels, NamedPorts.GetValueOrDefault(name));

    /// <summary>A pod's name, a reserved identity's name or an address.</summary>
    public uint IdentityOf(string peer)
    {
        if (_pods.TryGetValue(peer, out var pod))
        {
            return pod.Identity;
        }

        if (peer == "stranger")
        {
            return 4711; // an identity the engine has never heard of
        }

        if (ReservedIdentity.All.FirstOrDefault(number => ReservedIdentity.NameOf(number) == peer) is > 0 and var reserved)
        {
            return reserved;
        }

        var address = IPAddress.Parse(peer);
        var longest = _prefixes.Keys
            .Where(prefix => prefix.BaseAddress.AddressFamily == address.AddressFamily && prefix.Contains(address))
            .OrderByDescending(prefix => prefix.PrefixLength)
            .ToList();
        return longest.Count > 0 ? _prefixes[longest[0]]
            : address.GetAddressBytes().Length == 4 ? ReservedIdentity.WorldIPv4 : ReservedIdentity.WorldIPv6;
    }

    public void Expect(string table)
    {
        var lines = table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        var wrong = lines.Select(Check).Where(difference => difference is not null).ToList();
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private string? Check(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (subject, direction, peer, traffic, expected) = (words[0], words[1], words[2], words[3].Split('/'), words[4]);
        var protocol = Enum.Parse<IpProtocol>(traffic[0], ignoreCase: true);
        var port = ushort.Parse(traffic[1], CultureInfo.InvariantCulture);
        var way = direction switch
        {
            "from" => PolicyDirection.Ingress,
            "to" => PolicyDirection.Egress,
            _ => throw new FormatException(line),
        };
        var found = Engine.Resolve(Subject(subject)).Lookup(way, IdentityOf(peer), TrafficMatch.ClassOf(protocol, port));
        var verdict = (found.Rule, found.Verdict) switch
        {
            (ImplicitRule.None, _) => "drop",
            (ImplicitRule.NotEnforced, _) => "open",
            (ImplicitRule.FromHost, _) => "host",
            (_, PolicyVerdict.Deny) => "deny",
            (_, PolicyVerdict.Allow) => "allow",
            _ => "redirect",
        };
        var section = Engine.DescribeRule(found.Rule)!.Section;
        return verdict == expected && (words.Length == 5 || words[5] == section) ? null : $"{line} -- found {verdict} {section}";
    }
}
