namespace Axoneme.EndToEnd.Policies;

/// <summary>
/// The node of all policy cases with everybody who talks: pods of two namespaces, the node itself (<c>host</c>) and three computers outside.
/// </summary>
public sealed class PolicyBed : IAsyncLifetime
{
    private const string PolicyFile = "policy.yaml";

    /// <summary>Far more than a packet takes: only a failing case waits so long.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>How long silence is listened to; that the same packet passes without the policy is tried afterwards.</summary>
    private static readonly TimeSpan _silence = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<string, Party> _parties = [];
    private readonly Stack<IAsyncDisposable> _made = [];

    public Node Node { get; private set; } = null!;

    internal IReadOnlyDictionary<string, Party> Parties => _parties;

    public async Task InitializeAsync()
    {
        Node = await Node.StartAsync(new NodeOptions(), ("shop.yaml", Cast.Shop), ("elsewhere.yaml", Cast.Elsewhere));
        _made.Push(Node);
        foreach (var pod in (await Node.PodsAsync(Cast.Pods)).Values)
        {
            Add(new Party(pod.FullName.Split('/')[1], pod.NetnsPath, pod.Ipv4, pod.Ipv6));
        }

        Add(new Party("host", Node.Namespace.Path, await RouterAsync("-4", "inet "), await RouterAsync("-6", "inet6 ")));
        _made.Push(await Responder.StartAsync(Node.Namespace.Path, Path.Combine(Node.Root, "host.sock"), Cast.Ports));
        await AddOutsiderAsync("office", "192.0.2.10", "2001:db8:2::10");
        await AddOutsiderAsync("printer", "192.0.2.77", "2001:db8:2::77");
        await AddOutsiderAsync("abroad", "198.51.100.5", "2001:db8:51::5");
    }

    public async Task DisposeAsync()
    {
        foreach (var made in _made)
        {
            await made.DisposeAsync();
        }
    }

    /// <summary>
    /// Puts policies in force, tries every probe of a table, and takes them away; what they dropped must pass then, so that it was they who
    /// dropped it.
    /// </summary>
    internal async Task ProveAsync(string policies, string table)
    {
        await using (await ApplyAsync(policies))
        {
            await ExpectAsync(table);
        }

        await ExpectAsync(table, overruled: true);
    }

    /// <summary>Puts policies in force, in place of others, until the result is disposed of.</summary>
    internal async Task<IAsyncDisposable> ApplyAsync(string policies)
    {
        var policy = new PolicyInForce(this);
        try
        {
            await WriteAsync(PolicyFile, policies);
            return policy;
        }
        catch
        {
            await policy.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a manifest, or deletes it, and waits until the node enforces what it says. Nothing to do when it says so already.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="yaml">Null to delete it.</param>
    internal async Task WriteAsync(string file, string? yaml)
    {
        var path = Path.Combine(Node.Manifests, file);
        if ((File.Exists(path) ? await File.ReadAllTextAsync(path) : null) == yaml)
        {
            return;
        }

        var before = (await Node.AdminAsync("/v1/manifests")).GetProperty("version").GetInt64();
        if (yaml is null)
        {
            File.Delete(path);
        }
        else
        {
            await Node.ApplyAsync(file, yaml);
        }

        await Node.UntilAsync($"{file} is read", async () =>
        {
            var manifests = await Node.AdminAsync("/v1/manifests");
            var isRead = manifests.GetProperty("version").GetInt64() > before;
            return isRead && manifests.GetProperty("errors") is var errors && errors.GetArrayLength() > 0 ? throw new FormatException(errors.ToString()) : isRead;
        });
        await EnforcedAsync();
    }

    /// <summary>Waits until the node has in its kernel all that the control plane has said.</summary>
    internal async Task EnforcedAsync()
    {
        var said = (await Node.AdminAsync("/v1/state/policy")).GetProperty("revision").GetUInt64();
        await Node.UntilAsync($"revision {said} is enforced", async () => (await Node.AgentAsync("/v1/status")).GetProperty("appliedRevision").GetUInt64() >= said);
    }

    /// <summary>Tries all probes of a table at the same time.</summary>
    /// <param name="table">See <see cref="ProbeTable"/>.</param>
    /// <param name="overruled">Try only what the table says is dropped, and expect it to pass.</param>
    internal async Task ExpectAsync(string table, bool overruled = false)
    {
        var probes = ProbeTable.Parse(table, Parties).Where(expected => !overruled || !expected.Passes);
        var surprises = await Task.WhenAll(probes.Select(async expected =>
        {
            var shouldPass = expected.Passes || overruled;
            return await expected.Probe.PassesAsync(shouldPass ? _patience : _silence) == shouldPass
                ? null
                : $"{expected.Probe} {(shouldPass ? "was dropped" : "passed")}{(overruled ? " without the policy" : "")}";
        }));
        Assert.True(surprises.All(surprise => surprise is null), string.Join('\n', surprises.OfType<string>()));
    }

    private void Add(Party party) => _parties.Add(party.Name, party);

    private async Task AddOutsiderAsync(string name, string ipv4, string ipv6)
    {
        var outsider = await Outsider.ConnectAsync(Node, name, ipv4, ipv6, Cast.Ports);
        _made.Push(outsider);
        Add(new Party(name, outsider.NetnsPath, ipv4, ipv6));
    }

    /// <summary>The node's own address, on a device of the product's.</summary>
    private async Task<string> RouterAsync(string family, string word)
    {
        var addresses = (await Node.Namespace.RunAsync("ip", family, "-o", "address", "show", "scope", "global")).OrThrow();
        return addresses.Split('\n').Single(line => line.Contains(" axo_", StringComparison.Ordinal)).Split(word)[1].Split('/')[0];
    }

    private sealed class PolicyInForce(PolicyBed bed) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await bed.WriteAsync(PolicyFile, null);
    }
}
