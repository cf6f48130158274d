using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Axoneme.Policy.Tests.Behaviour;

/// <summary>
/// A line of an endpoints section: a name, where it is (a namespace, <c>reserved:NAME</c>, <c>address</c> for one outside the cluster, <c>unknown</c> for an
/// identity the engine has never heard of), and labels and other words in any order.
/// </summary>
internal sealed class ScriptEndpoint
{
    public const string LocalCluster = "default";

    private readonly string _where;
    private readonly string _account = "";
    private readonly string _cluster = LocalCluster;
    private readonly List<KeyValuePair<string, string>> _labels = [];
    private readonly List<Label> _reserved = [];
    private readonly ImmutableArray<string> _names = [];

    public ScriptEndpoint(ImmutableArray<string> words)
    {
        (Name, _where) = (words[0], words[1]);
        foreach (var word in words.Skip(_where.StartsWith("reserved:", StringComparison.Ordinal) ? 1 : 2))
        {
            var (kind, value) = word.IndexOf(':') is > 0 and var colon ? (word[..colon], word[(colon + 1)..]) : ("", word);
            switch (kind)
            {
                case "account":
                    _account = value;
                    break;
                case "cluster":
                    _cluster = value;
                    break;
                case "names":
                    _names = [.. value.Split(',')];
                    break;
                case "ports":
                    Ports = [.. value.Split(',').Select(ParsePort)];
                    break;
                case "reserved":
                    _reserved.Add(new Label(LabelSource.Reserved, value, ""));
                    break;
                default:
                    var parts = word.Split('=', 2);
                    _labels.Add(new(parts[0], parts.ElementAtOrDefault(1) ?? ""));
                    break;
            }
        }
    }

    public string Name { get; }

    public ImmutableArray<NamedPort> Ports { get; } = [];

    public bool IsUnknown => _where == "unknown";

    public bool IsHost => _reserved.Any(label => label.Key == "host");

    /// <summary>Whether this agent judges its traffic: endpoints of the local cluster and the local node.</summary>
    public bool IsJudged => _where is not ("address" or "unknown")
        && _cluster == LocalCluster
        && (_reserved.Count == 0 || _reserved.Any(label => label.Key is "host" or "health" or "init" or "ingress"));

    /// <summary>A reserved identity or an address that a table names without an endpoints line of its own.</summary>
    public static ScriptEndpoint Implied(string name) =>
        IPAddress.TryParse(name, out _) ? new([name, "address"])
        : ReservedIdentity.All.Any(number => ReservedIdentity.NameOf(number) == name) ? new([name, "reserved:" + name])
        : throw new FormatException($"nobody is called {name}");

    public LabelSet LabelsIn(PolicyEngine engine, IReadOnlyDictionary<string, Dictionary<string, string>> namespaceLabels)
    {
        if (_where == "address")
        {
            return new LabelSet(engine.AddressLabels(IPAddress.Parse(Name), _names).Concat(_reserved));
        }

        if (_reserved.Count > 0)
        {
            var usual = _reserved.SelectMany(label => ReservedIdentity.LabelsOf(ReservedIdentity.All.First(number => ReservedIdentity.NameOf(number) == label.Key)));
            return new LabelSet(usual.Concat(_labels.Select(label => new Label(LabelSource.Node, label.Key, label.Value))));
        }

        // The API server labels every namespace with its name.
        IEnumerable<KeyValuePair<string, string>> surroundings = [.. namespaceLabels.GetValueOrDefault(_where, []), new("kubernetes.io/metadata.name", _where)];
        return PodLabels.IdentityLabels(_where, _labels, surroundings, _account, _cluster);
    }

    /// <summary><c>http=80/TCP</c>.</summary>
    private static NamedPort ParsePort(string text)
    {
        var parts = text.Split('=', '/');
        return new NamedPort(parts[0], Enum.Parse<IpProtocol>(parts[2], ignoreCase: true), ushort.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
