using System.Runtime.CompilerServices;
using Axoneme.ControlPlane.Manifests;
using Axoneme.ControlPlane.Tests.Engine;
using Axoneme.ControlPlane.Tests.Entities;
using Axoneme.Kubernetes;
using Axoneme.Persistence;
using Axoneme.Persistence.InMemory;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Manifests;

public sealed class ManifestSyncTests : IAsyncLifetime
{
    private const string Namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: prod, labels: {env: prod}}\n";
    private const string Pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: prod, labels: {app: web}}\n" +
        "spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}\n";
    private const string Policy =
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: prod}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n";
    private const string Broken = "apiVersion: v1\nkind: [Pod\n";

    private readonly TestTime _time = new();
    private readonly Dictionary<string, FileContent> _files = [];
    private InMemoryJournal _journal = null!;
    private EngineFixture _engine = null!;
    private ManifestSet _set = new();
    private ManifestSync _sync = null!;

    public async Task InitializeAsync()
    {
        _journal = new InMemoryJournal(_time);
        _engine = await EngineFixture.StartAsync(() => _journal, _time, null, Given.Kinds());
        _sync = await LoadAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task Objects_become_records_with_their_labels_ports_and_sources()
    {
        await ApplyAsync("all.yaml", Namespace, Pod, Policy);

        var pod = await PodAsync();
        Assert.Equal(["http 80 TCP"], pod.NamedPorts.Select(p => $"{p.Name} {p.Port} {p.Protocol}"));
        Assert.Equal(
            [
                "k8s:app=web",
                "k8s:io.cilium.k8s.namespace.labels.env=prod",
                "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=prod",
                "k8s:io.cilium.k8s.policy.cluster=home",
                "k8s:io.cilium.k8s.policy.serviceaccount=default",
                "k8s:io.kubernetes.pod.namespace=prod",
            ],
            pod.Labels);
        Assert.InRange(pod.Identity, 256u, 65535u);
        Assert.Equal("file:all.yaml#3", FindPolicy()!.Source);
        Assert.Empty(_sync.Status.Errors);
        Assert.Equal([("Namespace", 1), ("NetworkPolicy", 1), ("Pod", 1)], _sync.Status.Accepted.Select(a => (a.Key, a.Value)));
    }

    [Fact]
    public async Task What_did_not_change_sends_no_command()
    {
        await ApplyAsync("all.yaml", Namespace, Pod, Policy);
        await PodAsync();
        await Waiting.UntilAsync(() => _engine.Engine.Status.WaitingCommands == 0, "effects arrived");
        var commands = _engine.Engine.Status.Commands;

        await ApplyAsync("other.yaml", "# nothing");

        Assert.Equal(commands, _engine.Engine.Status.Commands);
    }

    [Fact]
    public async Task A_namespaces_new_labels_reach_its_pods()
    {
        await ApplyAsync("ns.yaml", Namespace);
        await ApplyAsync("pod.yaml", Pod);
        var before = (await PodAsync()).Identity;

        await ApplyAsync("ns.yaml", Namespace.Replace("env: prod", "env: test"));

        await Waiting.UntilAsync(() => FindPod()!.Identity != before, "the pod has another identity");
        Assert.Contains("k8s:io.cilium.k8s.namespace.labels.env=test", FindPod()!.Labels);
    }

    [Fact]
    public async Task A_vanished_object_is_removed()
    {
        await ApplyAsync("all.yaml", Namespace, Pod, Policy);
        await PodAsync();

        await ApplyAsync("all.yaml", Namespace);

        Assert.Null(FindPod());
        Assert.Null(FindPolicy());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broken_file_leaves_its_objects_in_force_also_after_a_restart(bool restart)
    {
        await ApplyAsync("all.yaml", Namespace, Pod, Policy);
        var identity = (await PodAsync()).Identity;
        if (restart)
        {
            await RestartAsync();
        }

        await ApplyAsync("all.yaml", Broken);

        Assert.Equal(identity, FindPod()!.Identity);
        Assert.NotNull(FindPolicy());
        Assert.Equal("all.yaml", Assert.Single(_sync.Status.Errors).File);
    }

    [Fact]
    public async Task A_namespace_whose_file_is_broken_after_a_restart_keeps_its_labels()
    {
        await ApplyAsync("ns.yaml", Namespace);
        await ApplyAsync("pod.yaml", Pod);
        var identity = (await PodAsync()).Identity;
        await RestartAsync();

        await ApplyAsync("ns.yaml", Broken);

        Assert.Equal(identity, FindPod()!.Identity);
        Assert.Contains("k8s:io.cilium.k8s.namespace.labels.env=prod", FindPod()!.Labels);
    }

    [Fact]
    public async Task A_file_removed_while_the_server_was_away_is_removed_at_start()
    {
        await ApplyAsync("pod.yaml", Pod);
        await ApplyAsync("policy.yaml", Policy);
        await PodAsync();
        await RestartAsync();
        _files.Remove("policy.yaml");

        await ApplyAsync("pod.yaml", Pod);

        Assert.NotNull(FindPod());
        Assert.Null(FindPolicy());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_invalid_policy_is_reported_with_its_field_and_the_one_in_force_stays(bool restart)
    {
        await ApplyAsync("all.yaml", Pod, Policy);
        if (restart)
        {
            await RestartAsync();
        }

        await ApplyAsync("all.yaml", Pod, Policy.Replace("podSelector: {}", "podSelector: {matchLables: {a: b}}"));

        var error = Assert.Single(_sync.Status.Errors);
        Assert.Equal(("all.yaml", 2, "spec.podSelector.matchLables"), (error.File, error.Document, error.Field));
        Assert.NotNull(error.Line);
        Assert.DoesNotContain("matchLables", FindPolicy()!.Json);
    }

    [Fact]
    public async Task A_bad_port_is_reported_and_the_pod_in_force_stays()
    {
        await ApplyAsync("all.yaml", Pod);
        await PodAsync();

        await ApplyAsync("all.yaml", Pod.Replace("containerPort: 80", "containerPort: 70000"));

        Assert.Equal("spec.containers[0].ports[0].containerPort", Assert.Single(_sync.Status.Errors).Field);
        Assert.Equal(80u, FindPod()!.NamedPorts.Single().Port);
    }

    [Fact]
    public async Task An_unknown_kind_is_reported_and_the_rest_of_its_file_lives_on()
    {
        await ApplyAsync("all.yaml", Pod, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n");
        await PodAsync();

        var error = Assert.Single(_sync.Status.Errors);
        Assert.Equal(("all.yaml", 2, "kind"), (error.File, error.Document, error.Field));
        Assert.Contains("apps/v1 Deployment is not used", error.Message);
        await ApplyAsync("all.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n");
        Assert.Null(FindPod());
    }

    [Fact]
    public async Task A_policy_moved_to_another_file_names_its_new_source()
    {
        await ApplyAsync("old.yaml", Policy);
        _files.Remove("old.yaml");

        await ApplyAsync("new.yaml", Policy);

        Assert.Equal("file:new.yaml#1", FindPolicy()!.Source);
    }

    [Fact]
    public async Task A_pod_on_its_nodes_network_is_no_endpoint()
    {
        await ApplyAsync("all.yaml", Pod.Replace("spec: {", "spec: {hostNetwork: true, "));

        Assert.Empty(_sync.Status.Errors);
        Assert.Empty(_engine.Log.List(RecordKind.Pod));
        Assert.Empty(_engine.Log.List(RecordKind.Identity));

        await ApplyAsync("all.yaml", Pod);
        await PodAsync();
        await ApplyAsync("all.yaml", Pod.Replace("spec: {", "spec: {hostNetwork: true, "));
        Assert.Empty(_engine.Log.List(RecordKind.Pod));
    }

    [Fact]
    public async Task What_the_journal_refused_is_reported_and_stored_later()
    {
        _journal.FailCommit = _ => new JournalUnavailableException("disk full");
        await ApplyAsync("all.yaml", Policy);
        Assert.True(_sync.Status.Waiting);
        Assert.Contains("disk full", Assert.Single(_sync.Status.Errors).Message);
        Assert.Null(FindPolicy());
        _journal.FailCommit = null;

        await _sync.ApplyAsync(_set.Current, CancellationToken.None);

        Assert.NotNull(FindPolicy());
        Assert.Empty(_sync.Status.Errors);
    }

    [Fact]
    public async Task Following_tries_again_what_was_refused_and_stops_when_told()
    {
        _files["all.yaml"] = new FileContent(Policy);
        _set.Update(_files);
        _journal.FailCommit = _ => new JournalUnavailableException("disk full");
        using var stop = new CancellationTokenSource();
        var following = _sync.RunAsync(OnceAsync(_set.Current), stop.Token);
        await Waiting.UntilAsync(() => _sync.Status.Waiting, "the refusal is reported");

        _journal.FailCommit = null;

        await Waiting.UntilAsync(() => FindPolicy() is not null && !_sync.Status.Waiting, "the policy is stored after all");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    private static async IAsyncEnumerable<ManifestSnapshot> OnceAsync(
        ManifestSnapshot snapshot, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return snapshot;
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private async Task ApplyAsync(string file, params string[] documents)
    {
        _files[file] = new FileContent(string.Join("---\n", documents));
        _set.Update(new Dictionary<string, FileContent>(_files));
        await _sync.ApplyAsync(_set.Current, CancellationToken.None);
    }

    private async Task RestartAsync()
    {
        await _engine.CrashAndRestartAsync();
        _set = new ManifestSet();
        _sync = await LoadAsync();
    }

    private Task<ManifestSync> LoadAsync() =>
        ManifestSync.LoadAsync(_engine.Engine, "home", _time, NullLogger<ManifestSync>.Instance, CancellationToken.None);

    private async Task<PodRecord> PodAsync()
    {
        await Waiting.UntilAsync(() => FindPod() is not null, "the pod is published");
        return FindPod()!;
    }

    private PodRecord? FindPod() => _engine.Log.Find(RecordKind.Pod, "prod/web")?.Pod;

    private PolicyRecord? FindPolicy() => _engine.Log.Find(RecordKind.Policy, "NetworkPolicy/prod/deny")?.Policy;

    [Theory]
    [InlineData("kind: Pod", "kind: Pood", false)]
    [InlineData("kind: Pod", "kind: Pood", true)]
    [InlineData("name: web", "name: Web_", false)]
    [InlineData("name: web", "name: Web_", true)]
    [InlineData("namespace: prod", "namespace: Prod_", false)]
    [InlineData("namespace: prod", "namespace: Prod_", true)]
    public async Task What_came_from_a_document_now_in_error_stays_whatever_that_says(string good, string bad, bool restart)
    {
        await ApplyAsync("all.yaml", Pod, Policy);
        await PodAsync();
        if (restart)
        {
            await RestartAsync();
        }

        await ApplyAsync("all.yaml", Pod.Replace(good, bad), Policy.Replace("kind: NetworkPolicy", "kind: NetworkPolice"));

        Assert.NotNull(FindPod());
        Assert.NotNull(FindPolicy());
        Assert.Equal(2, _sync.Status.Errors.Count);
        await ApplyAsync("all.yaml", "# nothing");
        Assert.Null(FindPod());
        Assert.Null(FindPolicy());
    }

    [Fact]
    public async Task An_object_of_unknown_kind_keeps_its_namesake_of_the_same_file_wherever_it_stands()
    {
        await ApplyAsync("all.yaml", Policy);

        await ApplyAsync("all.yaml", Namespace, Policy.Replace("kind: NetworkPolicy", "kind: NetworkPolice"));

        Assert.NotNull(FindPolicy());
    }

    [Fact]
    public async Task An_object_that_became_a_duplicate_leaves_what_it_was_in_force()
    {
        await ApplyAsync("all.yaml", Policy.Replace("name: deny", "name: other"), Policy);

        await ApplyAsync("all.yaml", Policy.Replace("name: deny", "name: other"), Policy.Replace("name: deny", "name: other"));

        Assert.NotNull(FindPolicy());
    }
}
