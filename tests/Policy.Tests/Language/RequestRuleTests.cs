using System.Globalization;

namespace Axoneme.Policy.Tests;

/// <summary>Which requests pass which rules.</summary>
public sealed class RequestRuleTests
{
    [Theory]
    [InlineData("{}", "GET a /", true)]
    [InlineData("{method: GET}", "GET a /", true)]
    [InlineData("{method: GET}", "get a /", false)]
    [InlineData("{method: GET}", "GETX a /", false)]
    [InlineData("{method: 'GET|HEAD'}", "HEAD a /", true)]
    [InlineData("{method: ''}", "PUT a /", true)]
    [InlineData("{path: /public}", "GET a /public", true)]
    [InlineData("{path: /public}", "GET a /public?x=1", false)]
    [InlineData("{path: '/public.*'}", "GET a /public/x?x=1", true)]
    [InlineData("{path: '/a/[^/]+'}", "GET a /a/b/c", false)]
    [InlineData("{host: a.example}", "GET a.example /", true)]
    [InlineData("{host: a.example}", "GET aXexample /", true)]
    [InlineData("{host: 'a\\.example'}", "GET aXexample /", false)]
    [InlineData("{host: a.example}", "GET A.EXAMPLE /", false)]
    [InlineData("{host: '(?i)a.example'}", "GET A.EXAMPLE /", true)]
    [InlineData("{host: a.example}", "GET a.example:80 /", false)]
    [InlineData("{method: GET, path: /x}", "GET a /y", false)]
    [InlineData("{headers: [X-Key]}", "GET a / x-key=1", true)]
    [InlineData("{headers: [X-Key]}", "GET a / other=1", false)]
    [InlineData("{headers: ['X-Key: true']}", "GET a / x-KEY=true", true)]
    [InlineData("{headers: ['X-Key: true']}", "GET a / X-Key=TRUE", false)]
    [InlineData("{headers: ['X-Key true']}", "GET a / X-Key=true", true)]
    [InlineData("{headers: ['X-Key: a,b']}", "GET a / X-Key=a X-Key=b", true)]
    [InlineData("{headers: ['X-Key: a']}", "GET a / X-Key=a X-Key=b", false)]
    [InlineData("{headers: [A, B]}", "GET a / A=1", false)]
    [InlineData("{headers: ['Host: a']}", "GET a /", true)]
    [InlineData("{headers: [':authority: a']}", "GET a /", true)]
    [InlineData("{headerMatches: [{name: A}]}", "GET a / A=", true)]
    [InlineData("{headerMatches: [{name: A}]}", "GET a /", false)]
    [InlineData("{headerMatches: [{name: A, value: x}]}", "GET a / a=x", true)]
    [InlineData("{headerMatches: [{name: A, value: x}]}", "GET a / A=y", false)]
    [InlineData("{headerMatches: [{name: A, value: x, mismatch: LOG}]}", "GET a / A=y", true)]
    [InlineData("{headerMatches: [{name: A, value: x, mismatch: ADD}]}", "GET a /", true)]
    [InlineData("{headerMatches: [{name: A, value: x, mismatch: DELETE}]}", "GET a /", true)]
    [InlineData("{headerMatches: [{name: A, value: x, mismatch: REPLACE}]}", "GET a /", true)]
    [InlineData("{headerMatches: [{name: A, value: x, mismatch: LOG}, {name: B}]}", "GET a /", false)]
    [InlineData("{headerMatches: [{name: A, secret: {name: s}}]}", "GET a / A=y", false)]
    [InlineData("{headerMatches: [{name: A, secret: {name: s}, value: y}]}", "GET a / A=y", true)]
    public void Http(string rule, string request, bool permitted)
    {
        var words = request.Split(' ');
        var headers = words.Skip(3).Select(word => word.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1]));
        Check($"http: [{rule}]", new HttpRequest(words[0], words[2], words[1], [.. headers]), permitted);
    }

    /// <summary>Requests are written <c>key version client topics</c>.</summary>
    [Theory]
    [InlineData("{}", "36 9 me", true)]
    [InlineData("{apiKey: produce}", "0 1 me a", true)]
    [InlineData("{apiKey: PRODUCE}", "0 1 me a", true)]
    [InlineData("{apiKey: produce}", "1 1 me a", false)]
    [InlineData("{apiKey: alterconfigs}", "33 1 me", true)]
    [InlineData("{role: produce}", "0 1 me a", true)]
    [InlineData("{role: produce}", "3 1 me", true)]
    [InlineData("{role: produce}", "18 1 me", true)]
    [InlineData("{role: produce}", "1 1 me a", false)]
    [InlineData("{role: consume, topic: a}", "1 1 me a", true)]
    [InlineData("{role: consume, topic: a}", "11 1 me", true)]
    [InlineData("{role: consume, topic: a}", "14 1 me", true)]
    [InlineData("{role: consume, topic: a}", "0 1 me a", false)]
    [InlineData("{role: consume, topic: a}", "1 1 me b", false)]
    [InlineData("{role: consume, topic: a}", "1 1 me a,b", false)]
    [InlineData("{topic: a}, {topic: b}", "1 1 me a,b", true)]
    [InlineData("{topic: a}, {apiKey: fetch, topic: b}", "1 1 me b,a", true)]
    [InlineData("{topic: a}, {apiKey: produce, topic: b}", "1 1 me b,a", false)]
    [InlineData("{topic: a}", "3 1 me", false)]
    [InlineData("{topic: a}", "12 1 me", true)]
    [InlineData("{topic: A}", "1 1 me a", false)]
    [InlineData("{apiVersion: '2'}", "1 2 me a", true)]
    [InlineData("{apiVersion: '2'}", "1 3 me a", false)]
    [InlineData("{apiVersion: '0'}", "1 0 me a", true)]
    [InlineData("{clientID: me}", "1 1 me a", true)]
    [InlineData("{clientID: me}", "1 1 Me a", false)]
    [InlineData("{apiKey: '', apiVersion: '', clientID: '', topic: ''}", "1 1 me a", true)]
    public void Kafka(string rules, string request, bool permitted)
    {
        var words = request.Split(' ');
        var topics = words.Length > 3 ? words[3].Split(',') : [];
        Check(
            $"kafka: [{rules}]",
            new KafkaRequest(short.Parse(words[0], CultureInfo.InvariantCulture), short.Parse(words[1], CultureInfo.InvariantCulture), words[2], [.. topics]),
            permitted);
    }

    [Theory]
    [InlineData("{matchName: cilium.io}", "cilium.io CILIUM.io. cilium.io.", "www.cilium.io cilium.iox ciliumxio")]
    [InlineData("{matchName: cilium.io.}", "cilium.io", "io")]
    [InlineData("{matchPattern: '*.cilium.io'}", "www.cilium.io Blog.Cilium.IO. .cilium.io", "cilium.io a.b.cilium.io google.com")]
    [InlineData("{matchPattern: '*cilium.io'}", "cilium.io subcilium.io sub-cilium.io", "www.cilium.io")]
    [InlineData("{matchPattern: 'sub*.cilium.io'}", "sub.cilium.io subdomain.cilium.io", "www.cilium.io cilium.io sub.x.cilium.io")]
    [InlineData("{matchPattern: '**.cilium.io'}", "app.cilium.io test.app.cilium.io", "cilium.io xcilium.io")]
    [InlineData("{matchPattern: '*'}", "a a.b.c", "")]
    [InlineData("{matchPattern: 'a*b*.c'}", "ab.c aXbYb.c abb.c", "a.b.c aXc.c")]
    [InlineData("{matchPattern: '*.*.c'}", "a.b.c", "b.c a.b.b.c")]
    public void Dns(string rule, string permitted, string refused)
    {
        var names = permitted.Split(' ').Select(name => (name, true)).Concat(refused.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => (name, false)));
        foreach (var (name, passes) in names)
        {
            Check($"dns: [{rule}]", new DnsRequest(name), passes);
        }
    }

    [Theory]
    [InlineData("{cmd: READ}", "cmd=READ file=x", true)]
    [InlineData("{cmd: READ, file: x}", "cmd=READ", false)]
    [InlineData("{cmd: READ}", "cmd=read", false)]
    [InlineData("{cmd: READ}, {cmd: HALT}", "cmd=HALT", true)]
    [InlineData("{}", "cmd=HALT", true)]
    public void Key_value_pairs(string rules, string request, bool permitted)
    {
        var pairs = request.Split(' ').Select(word => word.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        Check($"l7proto: r2d2, l7: [{rules}]", new KeyValueRequest("r2d2", pairs), permitted);
        Check($"l7proto: c3po, l7: [{rules}]", new KeyValueRequest("r2d2", pairs), permitted: false);
    }

    [Fact]
    public void A_request_of_another_protocol_does_not_pass()
    {
        Check("http: [{}]", new DnsRequest("a"), permitted: false);
        Check("dns: [{matchPattern: '*'}]", new KafkaRequest(0, 0, "", []), permitted: false);
        Check("kafka: [{}]", new HttpRequest("GET", "/", "a", []), permitted: false);
    }

    [Theory]
    [InlineData("http: [{path: '/a('}]", "http[0].path", "\"/a(\" is no regular expression (POSIX extended, as RE2 reads it): a ( is not closed")]
    [InlineData("http: [{}, {method: '*'}]", "http[1].method", "has nothing to repeat")]
    [InlineData("http: [{host: '[a'}]", "http[0].host", "a [ is not closed")]
    [InlineData("http: [{host: 5}]", "http[0].host", "in quotes")]
    [InlineData("http: [{pathRegex: a}]", "http[0].pathRegex", "no such field here")]
    [InlineData("http: [{headers: ['']}]", "http[0].headers[0]", "is no header")]
    [InlineData("http: [{headers: ['A:b']}]", "http[0].headers[0]", "name, colon, space and value")]
    [InlineData("http: [{headers: {A: b}}]", "http[0].headers", "must be a list")]
    [InlineData("http: [{headerMatches: [{value: b}]}]", "http[0].headerMatches[0].name", "is missing")]
    [InlineData("http: [{headerMatches: [{name: 'a b'}]}]", "http[0].headerMatches[0].name", "is no header name")]
    [InlineData("http: [{headerMatches: [{name: a, mismatch: log}]}]", "http[0].headerMatches[0].mismatch", "must be LOG, ADD, DELETE or REPLACE")]
    [InlineData("http: [{headerMatches: [{name: a, secret: {namespace: b}}]}]", "http[0].headerMatches[0].secret.name", "is missing")]
    [InlineData("kafka: [{role: write}]", "kafka[0].role", "must be produce or consume")]
    [InlineData("kafka: [{role: Produce}]", "kafka[0].role", "must be produce or consume")]
    [InlineData("kafka: [{role: produce, apiKey: fetch}]", "kafka[0].apiKey", "cannot go with role")]
    [InlineData("kafka: [{apiKey: createtopic}]", "kafka[0].apiKey", "is no request of Kafka's protocol")]
    [InlineData("kafka: [{apiVersion: '-1'}]", "kafka[0].apiVersion", "from 0 to 32767")]
    [InlineData("kafka: [{apiVersion: '32768'}]", "kafka[0].apiVersion", "from 0 to 32767")]
    [InlineData("kafka: [{apiVersion: 1}]", "kafka[0].apiVersion", "write \"1\" in quotes")]
    [InlineData("kafka: [{topic: 'a b'}]", "kafka[0].topic", "is no topic")]
    [InlineData("kafka: [{clientId: a}]", "kafka[0].clientId", "did you mean clientID?")]
    [InlineData("dns: [{}]", "dns[0]", "exactly one of matchName and matchPattern")]
    [InlineData("dns: [{matchName: 'a*'}]", "dns[0].matchName", "is no DNS name")]
    [InlineData("dns: [{matchPattern: 'a$'}]", "dns[0].matchPattern", "is no DNS name")]
    public void Rules_are_refused_with_path_and_remedy(string rules, string path, string message) => Written.Refused(
        Written.ParseSpec($$"""{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: { {{rules}} } }]}]}"""),
        $"spec.egress[0].toPorts[0].rules.{path}",
        message);

    [Fact]
    public void A_topic_has_at_most_255_characters()
    {
        Check($$"""kafka: [{topic: {{new string('a', 255)}}}]""", new KafkaRequest(0, 0, "", [new string('a', 255)]), permitted: true);
        Written.Refused(
            Written.ParseSpec($$"""{endpointSelector: {}, egress: [{toPorts: [{rules: {kafka: [{topic: {{new string('a', 256)}} } ]} } ]}]}"""),
            "spec.egress[0].toPorts[0].rules.kafka[0].topic",
            "at most 255");
    }

    private static void Check(string rules, Request request, bool permitted)
    {
        var inspection = Written.Inspection($$"""rules: { {{rules}} }""");
        Assert.True(permitted == inspection!.Permits(request), $"{rules} {request}");
    }
}
