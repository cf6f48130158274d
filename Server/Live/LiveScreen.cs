namespace Axoneme.Server.Live;

/// <summary>
/// Lays a snapshot out on a screen of a given size, as lines of Spectre markup. Sections keep their places and the drops take what is
/// left, so that nothing moves while numbers change.
/// </summary>
internal static class LiveScreen
{
    private const int MaxErrors = 4;
    private const int MaxPolicyLines = 3;
    private const int MaxServiceLines = 3;
    private const int LeastDrops = 2;

    /// <summary>At most <paramref name="height"/> lines of at most <paramref name="width"/> columns.</summary>
    public static IReadOnlyList<string> Lines(LiveSnapshot snapshot, int width, int height)
    {
        List<string> lines = [Header(snapshot, width)];
        lines.Add(Rule($"pods {snapshot.Pods.Count}", width));
        lines.AddRange(Pods(snapshot, width));
        lines.Add(Rule("reachability, measured with real connections over IPv4 and IPv6", width));
        lines.AddRange(MatrixSection.Lines(snapshot.Matrix, width));
        var services = Services(snapshot);
        if (services.Count > 0)
        {
            lines.Add(Rule($"services {services.Count}, with their backends", width));
            lines.AddRange(Wrapped(services, MaxServiceLines, "… `axoneme service list` lists all", width));
        }

        lines.Add(Rule($"policies {snapshot.Policies.Count}", width));
        lines.AddRange(Policies(snapshot, width));
        if (snapshot.Errors.Count > 0)
        {
            lines.Add(Rule($"errors {snapshot.Errors.Count} · what was in force stays in force", width, "red"));
            lines.AddRange(snapshot.Errors.Take(MaxErrors).Select(error => new Cell(error, "red").Markup(width)));
        }

        if (snapshot.Warnings.Count > 0)
        {
            lines.Add(Rule($"warnings {snapshot.Warnings.Count} · accepted and not enforced as written", width, "yellow"));
            lines.AddRange(snapshot.Warnings.Take(MaxErrors).Select(warning => new Cell(warning, "yellow").Markup(width)));
        }

        lines.Add(Rule("drops of the last seconds", width));
        lines.AddRange(Drops(snapshot, width, Math.Max(LeastDrops, height - lines.Count)));
        return lines.Count <= height ? lines : lines[..height];
    }

    private static string Header(LiveSnapshot snapshot, int width)
    {
        var status = snapshot.Status is { } agent
            ? $"{agent.EndpointsReady}/{agent.Endpoints} endpoints ready · revision {agent.AppliedRevision}{(agent.AppliedRevision == agent.StateRevision ? "" : $" of {agent.StateRevision}")} in the kernel · {agent.AttachMode}"
            : "waiting for the agent";
        var left = new Cell($" axoneme · {snapshot.Node} · {status}", "bold black on cyan1");
        var right = new Cell($" {snapshot.StopHint} ", "black on cyan1");
        var room = width - right.Text.Length;
        return room < 40 ? left.Markup(width) : left.Markup(room) + right.Markup(right.Text.Length);
    }

    private static string Rule(string title, int width, string style = "cyan1") => new Cell($"── {title} {new string('─', Math.Max(0, width - title.Length - 4))}", style).Markup(width);

    private static IEnumerable<string> Pods(LiveSnapshot snapshot, int width)
    {
        List<Cell[]> rows = [[new("POD", "grey"), new("IPv4", "grey"), new("IPv6", "grey"), new("IDENTITY", "grey"), new("POLICY", "grey"), new("STATE", "grey")]];
        rows.AddRange(snapshot.Pods.Select(pod => new[]
        {
            new Cell(pod.Name, "bold"), pod.Ipv4, pod.Ipv6, pod.Identity?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "", pod.Policy, State(pod),
        }));
        return Columns.Lines(rows, width);
    }

    private static Cell State(LivePod pod) => (pod.Problem, pod.State) switch
    {
        ({ } problem, var state) => new Cell($"{state}: {problem}", "red"),
        (null, "ready") => new Cell("ready", "green"),
        (null, var state) => new Cell(state, "yellow"),
    };

    private static IEnumerable<string> Policies(LiveSnapshot snapshot, int width) => snapshot.Policies.Count == 0
        ? [new Cell("none: everything is allowed", "grey").Markup(width)]
        : Wrapped(
            snapshot.Policies.Select(policy => policy.Namespace.Length > 0 ? $"{policy.Namespace}/{policy.Name}" : policy.Name), MaxPolicyLines,
            $"… `axoneme policy get` lists all {snapshot.Policies.Count}", width);

    /// <summary>A service by its first cluster address and its node ports, which are the same at all addresses.</summary>
    private static List<string> Services(LiveSnapshot snapshot)
    {
        var services = new List<string>();
        foreach (var service in snapshot.Services.Where(view => view.Name is not null).GroupBy(view => view.Name!).OrderBy(service => service.Key, StringComparer.Ordinal))
        {
            var first = service.FirstOrDefault(view => view.Type == "ClusterIP") ?? service.First();
            var nodePorts = service.Where(view => view.Type == "NodePort").Select(view => view.Frontend[view.Frontend.LastIndexOf(':')..]).Distinct().Select(port => $" *{port}");
            services.Add($"{service.Key} {first.Frontend}{string.Concat(nodePorts)} → {first.Backends.Count(backend => backend.Inside)}");
        }

        return services;
    }

    /// <summary>As many texts in a line as it holds.</summary>
    private static IEnumerable<string> Wrapped(IEnumerable<string> texts, int most, string more, int width)
    {
        var lines = new List<string>();
        var line = "";
        foreach (var text in texts)
        {
            if (line.Length > 0 && line.Length + text.Length + 2 > width)
            {
                lines.Add(line);
                line = "";
            }

            line += line.Length > 0 ? $"  {text}" : text;
        }

        lines.Add(line);
        if (lines.Count > most)
        {
            lines = [.. lines[..(most - 1)], more];
        }

        return lines.Select(text => new Cell(text).Markup(width));
    }

    private static IEnumerable<string> Drops(LiveSnapshot snapshot, int width, int lines)
    {
        if (snapshot.Drops.Count == 0)
        {
            return [new Cell("none", "grey").Markup(width)];
        }

        var shown = snapshot.Drops.Count <= lines ? snapshot.Drops.Count : lines - 1;
        var rows = snapshot.Drops.Take(shown).Select(drop => new Cell[]
        {
            new($"{drop.Count}×", "grey"), new(drop.Drop.Source, "bold"), new("→", "grey"), new(drop.Drop.Destination, "bold"), drop.Drop.Port,
            new(drop.Drop.Words, "red"),
        }).ToList();
        var more = snapshot.Drops.Count - shown;
        return more == 0 ? Columns.Lines(rows, width) : Columns.Lines(rows, width).Append(new Cell($"… and {more} other kinds: axoneme monitor --verdict dropped", "grey").Markup(width));
    }
}
