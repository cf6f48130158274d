using System.Net;
using System.Text.Json;

namespace Axoneme.EndToEnd.Services;

/// <summary>A cluster with services of every type, everybody who asks, and all that is asked.</summary>
internal sealed class ServiceBed : IAsyncDisposable
{
    /// <summary>How often in a row the same is asked, so that one failure among few is noticed.</summary>
    private const int Times = 4;

    /// <summary>As whom a pod sees itself: Cilium's <c>ipv4-service-loopback-address</c>, and ours of IPv6.</summary>
    private static readonly IPAddress[] _hairpin = [IPAddress.Parse("169.254.42.1"), IPAddress.Parse("64:ff9b::169.254.42.1")];

    private readonly Cluster _cluster;
    private readonly IReadOnlyDictionary<string, Pod> _pods;
    private readonly Dictionary<Client, Asker> _askers = [];
    private readonly Dictionary<Client, IPAddress[]> _addresses = [];
    private readonly List<Responder> _processes = [];
    private readonly List<Question> _questions = [];
    private ServiceSettings _settings;

    private ServiceBed(Cluster cluster, IReadOnlyDictionary<string, Pod> pods, ServiceSettings settings) => (_cluster, _pods, _settings) = (cluster, pods, settings);

    public static async Task<ServiceBed> StartAsync(ServiceSettings settings)
    {
        ServiceBed? bed = null;
        var options = new ClusterOptions
        {
            Nodes = ServiceCast.Nodes, Family = settings.Family, Routing = settings.Routing, Drivers = true, NodeArguments = _ => (bed?._settings ?? settings).Arguments,
        };
        var cluster = await Cluster.StartAsync(options, ("services.yaml", ServiceCast.Pods(settings.Family)));
        try
        {
            var names = ServiceCast.BackendNodes.Select(ServiceCast.Backend).Concat(ServiceCast.Clients.Where(client => client.IsInside).Select(client => ServiceCast.ClientPod(client.Node)));
            bed = new ServiceBed(cluster, await cluster.PodsAsync([.. names.Distinct().Select(name => $"shop/{name}")]), settings);
            await ServiceCast.RouteAsync(cluster);
            foreach (var client in ServiceCast.Clients)
            {
                bed._askers[client] = await bed.AskerOfAsync(client);
                bed._addresses[client] = await bed.AddressesOfAsync(client);
            }

            bed._questions.AddRange(
                from client in ServiceCast.Clients
                from frontend in ServiceCast.Frontends
                from family in new[] { 4, 6 }
                where settings.Family.HasFlag(family == 4 ? AddressFamilies.IPv4 : AddressFamilies.IPv6)
                from protocol in new[] { "tcp", "udp" }
                let target = ServiceCast.Target(cluster, bed._pods, client, frontend, family)
                where target is not null && (protocol == "tcp" || !IsNobodys(client, frontend))
                select new Question(client, frontend, family, new Asked(protocol, target.Value.Address, target.Value.Port)));
            return bed;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The agents die and come back with other settings.</summary>
    public async Task ChangeAsync(ServiceSettings settings)
    {
        _settings = settings;
        await Task.WhenAll(_cluster.Nodes.Select(async node =>
        {
            await node.KillServerAsync();
            await node.StartServerAsync();
        }));
    }

    /// <summary>
    /// Asks everything until everybody answered who may, of whom no answer may be missing or wrong once everything was right once: routes to nodes come after
    /// what nodes enforce.
    /// </summary>
    public async Task AssertAsync()
    {
        await _cluster.EnforcedAsync();
        IReadOnlyList<Question> open = _questions;
        var wrong = "";
        try
        {
            await _cluster.UntilAsync("every service answers as it should", async () =>
            {
                var unsettled = (await AskAsync(open)).Where(asked => Judge(asked.Question, asked.Heard) is not null).ToArray();
                open = [.. unsettled.Select(asked => asked.Question)];
                wrong = string.Join('\n', unsettled.Select(asked => Judge(asked.Question, asked.Heard)));
                return open.Count == 0;
            });
        }
        catch (TimeoutException)
        {
            Assert.Fail(wrong);
        }

        var heard = _questions.ToDictionary(question => question, _ => new HashSet<string>());
        open = _questions;
        await _cluster.UntilAsync("everybody answered who may", async () =>
        {
            var answers = await AskAsync([.. open.SelectMany(question => Enumerable.Repeat(question, Times))]);
            wrong = string.Join('\n', answers.Select(asked => Judge(asked.Question, asked.Heard)).OfType<string>());
            Assert.True(wrong.Length == 0, $"after all had been right:\n{wrong}");
            foreach (var (question, answer) in answers)
            {
                heard[question].Add(answer.Who ?? "");
            }

            open = [.. open.Where(question => !question.Frontend.HasAffinity && heard[question].Count < Expectation.Answering(question.Client, question.Frontend).Count)];
            return open.Count == 0;
        });
        Assert.All(heard.Where(asked => asked.Key.Frontend.HasAffinity), asked => Assert.True(asked.Value.Count == 1, $"{asked.Key} heard {string.Join(", ", asked.Value)}"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        await _cluster.DisposeAsync();
    }

    /// <summary>A port that no pod has is the node's own matter, whose kernel counts how often it says so of UDP.</summary>
    private static bool IsNobodys(Client client, Frontend frontend) => frontend.Kind == FrontendKind.HostPort && Expectation.Answering(client, frontend).Count == 0;

    private async Task<Asker> AskerOfAsync(Client client)
    {
        if (!client.IsInside)
        {
            return _cluster.Underlay.Asker;
        }

        var (node, pod) = (_cluster.Nodes[client.Node - 1], _pods[$"shop/{ServiceCast.ClientPod(client.Node)}"]);
        if (client.Manner == Manner.PodBySockets)
        {
            return node.AskerIn(pod);
        }

        var isNode = client.Manner == Manner.Node;
        var process = await Responder.StartAsync(
            isNode ? node.Namespace.Path : pod.NetnsPath, Path.Combine(node.RunDirectory, $"{client.Manner}.sock"), [], isNode ? node.Cgroup : null);
        _processes.Add(process);
        return process.Asker;
    }

    private async Task<IReadOnlyList<(Question Question, Heard Heard)>> AskAsync(IReadOnlyList<Question> questions) =>
        [.. (await Task.WhenAll(questions.GroupBy(question => question.Client).Select(async group =>
            group.Zip(await _askers[group.Key].AskAsync(group.Select(question => question.Asked)))))).SelectMany(answers => answers)];

    /// <summary>What is wrong with an answer; null when nothing is.</summary>
    private string? Judge(Question question, Heard heard)
    {
        var (client, frontend) = (question.Client, question.Frontend);
        var answering = Expectation.Answering(client, frontend);
        if (answering.Count == 0)
        {
            return heard.Error == "refused" ? null : $"{question}: {heard}, not refused";
        }

        foreach (var backend in answering.Where(backend => heard.Who == ServiceCast.Backend(backend)))
        {
            var expected = Expectation.Hiding(client, frontend, backend, _settings.Mode, question.Asked.Protocol) is { } hiding
                ? [IPAddress.Parse((question.Family == 4 ? _cluster.Nodes[hiding - 1].IPv4 : _cluster.Nodes[hiding - 1].IPv6)!)]
                : Expectation.IsHairpin(client, frontend, backend) ? _hairpin : _addresses[client];
            return expected.Contains(heard.Seen!) ? null : $"{question}: {heard.Who} sees {heard.Seen}, not {string.Join(" or ", expected)}";
        }

        return $"{question}: {heard}, not from nodes {string.Join(", ", answering)}";
    }

    /// <summary>A node has several, and its kernel's routes choose one.</summary>
    private async Task<IPAddress[]> AddressesOfAsync(Client client)
    {
        var netns = client.Manner switch
        {
            Manner.Outside => _cluster.Underlay.Outside.Path,
            Manner.Node => _cluster.Nodes[client.Node - 1].Namespace.Path,
            _ => _pods[$"shop/{ServiceCast.ClientPod(client.Node)}"].NetnsPath,
        };
        using var interfaces = JsonDocument.Parse((await Command.RunAsync("nsenter", Namespace.Enter(netns, "ip", "-json", "address", "show", "scope", "global"))).OrThrow());
        return
        [
            .. from one in interfaces.RootElement.EnumerateArray()
               from address in one.GetProperty("addr_info").EnumerateArray()
               where address.TryGetProperty("local", out _)
               select IPAddress.Parse(address.GetProperty("local").GetString()!),
        ];
    }

    private sealed record Question(Client Client, Frontend Frontend, int Family, Asked Asked)
    {
        public override string ToString() => $"{Client} -> {Frontend} {Asked.Protocol}{Family}";
    }
}
