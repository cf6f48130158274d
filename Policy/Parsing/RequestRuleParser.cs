using System.Collections.Immutable;
using System.Globalization;

namespace Axoneme.Policy;

/// <summary>Reads <c>toPorts[].rules</c>: http, kafka, dns, or l7proto with l7.</summary>
internal static class RequestRuleParser
{
    private const int LongestTopic = 255;

    public static RequestRules? Parse(FieldReader rules, IReadOnlyList<WrittenPort> ports, PolicyDirection direction, PolicyScope scope)
    {
        var parsed = new List<RequestRules>();
        Add("http", InspectionProtocol.Http, rule => HttpRuleParser.Parse(rule, scope));
        Add("kafka", InspectionProtocol.Kafka, ParseKafka);
        Add("dns", InspectionProtocol.Dns, rule => DnsNameParser.Parse(rule) is { } pattern ? new DnsRule(pattern) : null);
        var name = rules.String("l7proto") ?? "";
        Add("l7", InspectionProtocol.KeyValue, rule => ParsePairs(rule, name), name);
        if (name.Length > 0 && !rules.Has("l7"))
        {
            parsed.Add(new RequestRules(InspectionProtocol.KeyValue, name, []));
        }

        rules.Finish();
        if (rules.Has("l7") && name.Length == 0)
        {
            rules.Refuse("l7proto", "is missing; write the name of the protocol the l7 rules are for");
        }

        var protocols = ((string[])["http", "kafka", "dns"]).Count(rules.Has) + (rules.Has("l7") || name.Length > 0 ? 1 : 0);
        if (protocols != 1)
        {
            rules.Refuse("", protocols == 0
                ? "needs one of http, kafka, dns and l7proto; write one, or remove the field"
                : "has rules of several protocols; write a toPorts member of its own for each");
        }

        if (parsed is not [var only])
        {
            return null;
        }

        if (scope.SubjectIsNode && only.Protocol != InspectionProtocol.Dns)
        {
            rules.Refuse("", "cannot be in a policy for nodes, where DNS rules alone are supported; remove it");
        }

        CheckPorts(rules, ports, only, direction);
        return only;

        void Add(string field, InspectionProtocol protocol, Func<FieldReader, RequestRule?> parse, string protocolName = "")
        {
            if (rules.List(field) is { } list)
            {
                parsed.Add(new RequestRules(protocol, protocolName, [.. list.Objects.Select(parse).OfType<RequestRule>()]));
            }
        }
    }

    private static void CheckPorts(FieldReader rules, IReadOnlyList<WrittenPort> ports, RequestRules written, PolicyDirection direction)
    {
        var isDns = written.Protocol == InspectionProtocol.Dns;
        if (isDns && direction == PolicyDirection.Ingress)
        {
            rules.Refuse("dns", "can only be in egress rules; write it into the policy of who asks");
        }

        if (isDns && ports.Count == 0)
        {
            rules.Refuse("dns", "needs a port; write ports: [{port: \"53\", protocol: ANY}]");
        }

        foreach (var (path, matches) in ports.Where(port => !port.Matches.IsEmpty))
        {
            if (isDns ? !matches.Any(match => match.Protocol is IpProtocol.Tcp or IpProtocol.Udp) : matches.Any(match => match.Protocol != IpProtocol.Tcp))
            {
                rules.RefuseAt($"{path}.protocol", isDns ? "must be UDP, TCP or ANY under DNS rules" : "must be TCP under request rules; write protocol: TCP");
            }
            else if (matches[0] is { Name: null, Low: 0 })
            {
                rules.RefuseAt($"{path}.port", "cannot be every port under request rules; write the server's port");
            }
            else if (isDns && matches[0].Low != matches[0].High)
            {
                rules.RefuseAt($"{path}.endPort", "cannot be a range under DNS rules; write the port of the DNS server");
            }
        }
    }

    private static KafkaRule? ParseKafka(FieldReader rule)
    {
        var role = rule.String("role");
        var key = rule.String("apiKey") ?? "";
        var version = rule.String("apiVersion") ?? "";
        var client = rule.String("clientID") ?? "";
        var topic = rule.String("topic") ?? "";
        rule.Finish();
        ImmutableArray<short> keys = [];
        if (role is not null && !KafkaApi.TryExpandRole(role, out keys))
        {
            rule.Refuse("role", $"must be produce or consume, is {FieldReader.Quote(role)}");
        }

        if (role is not null && key.Length > 0)
        {
            rule.Refuse("apiKey", "cannot go with role, which stands for several of them; remove one of the two");
        }
        else if (key.Length > 0)
        {
            if (KafkaApi.TryGetKey(key, out var number))
            {
                keys = [number];
            }
            else
            {
                rule.Refuse("apiKey", $"{FieldReader.Quote(key)} is no request of Kafka's protocol; write for example produce, fetch or metadata");
            }
        }

        short? numericVersion = null;
        if (version.Length > 0)
        {
            if (short.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                numericVersion = number;
            }
            else
            {
                rule.Refuse("apiVersion", $"must be a number from 0 to {short.MaxValue} in quotes, is {FieldReader.Quote(version)}");
            }
        }

        if (topic.Length > LongestTopic)
        {
            rule.Refuse("topic", $"has {topic.Length} characters, a topic has at most {LongestTopic}");
        }
        else if (!topic.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            rule.Refuse("topic", $"{FieldReader.Quote(topic)} is no topic; write letters, digits, '.', '_' and '-'");
        }

        return new KafkaRule(keys, numericVersion, client, topic);
    }

    private static KeyValueRule ParsePairs(FieldReader rule, string protocol)
    {
        var pairs = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var (key, value) in rule.Texts())
        {
            if (key.Length == 0)
            {
                rule.Refuse("", "has an empty key; write its name");
            }

            pairs.Add(new(key, value));
        }

        return new KeyValueRule(protocol, pairs.ToImmutable());
    }
}
