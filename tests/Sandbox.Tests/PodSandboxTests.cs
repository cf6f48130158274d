using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Axoneme.Sandbox.Tests;

public sealed class PodSandboxTests
{
    [Fact]
    public async Task A_pod_is_a_namespace_wired_by_the_plugin_with_a_program_inside()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("api", [80], [53]));

        var pod = Assert.Single(await runtime.WaitAsync(pods => pods is [{ Phase: PodPhase.Running }]));

        var call = Assert.Single(runtime.Calls).Split(' ', 6);
        Assert.Equal("ADD", call[0]);
        Assert.Matches("^/run/netns/axn-[0-9a-f]{8}-shop.api$", call[2]);
        Assert.Equal("eth0", call[3]);
        Assert.StartsWith("IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=api;", call[4]);
        var config = JsonDocument.Parse(call[5]).RootElement;
        Assert.Equal(("1.0.0", "axoneme", "fake-cni", "/run/test/agent.sock"), (config.GetProperty("cniVersion").GetString(), config.GetProperty("name").GetString(),
            config.GetProperty("type").GetString(), config.GetProperty("agent-socket").GetString()));
        Assert.StartsWith("198.18.77.", Assert.Single(pod.Addresses).ToString());
        Assert.Contains("LOOPBACK,UP", Shell($"nsenter --net={call[2]} ip link show lo"));
        Assert.Null(pod.Problem);
    }

    [Fact]
    public async Task A_pod_whose_manifest_is_gone_leaves_nothing()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("api"), TestRuntime.Pod("web"));
        var pods = await runtime.WaitAsync(pods => pods.Count(pod => pod.Phase == PodPhase.Running) == 2);
        var api = pods.Single(pod => pod.Manifest.Name == "api");
        var process = ProcessOf(api);

        runtime.Sandbox!.SetDesired([TestRuntime.Pod("web")]);
        await runtime.WaitAsync(pods => pods is [{ Manifest.Name: "web" }]);

        Assert.False(File.Exists(runtime.NamespaceOf(api.ContainerId)));
        Assert.False(Directory.Exists($"/proc/{process}"));
        Assert.Contains(runtime.Calls, call => call.StartsWith($"DEL {api.ContainerId} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_next_runtime_adopts_running_pods_and_removes_those_no_longer_wanted()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("stays"), TestRuntime.Pod("goes"));
        var before = await runtime.WaitAsync(pods => pods.Count(pod => pod.Phase == PodPhase.Running) == 2);
        var process = ProcessOf(before.Single(pod => pod.Manifest.Name == "stays"));

        // Nothing is told to the pods when the runtime ends, so this is what kill -9 leaves as well.
        await runtime.Sandbox!.DisposeAsync();
        await runtime.StartAsync(TestRuntime.Pod("stays"));
        var after = Assert.Single(await runtime.WaitAsync(pods => pods is [{ Phase: PodPhase.Running }]));

        Assert.Equal(before.Single(pod => pod.Manifest.Name == "stays").ContainerId, after.ContainerId);
        Assert.Equal(process, ProcessOf(after));
        Assert.Equal(2, runtime.Calls.Count(call => call.StartsWith("ADD", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_program_that_dies_is_started_again_in_the_same_namespace()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("api"));
        var pod = Assert.Single(await runtime.WaitAsync(pods => pods is [{ Phase: PodPhase.Running }]));
        var process = ProcessOf(pod);

        Process.GetProcessById(process).Kill();
        await runtime.WaitAsync(pods => pods is [{ Phase: PodPhase.Running }] && !Directory.Exists($"/proc/{process}"));

        Assert.NotEqual(process, ProcessOf(pod));
        Assert.Single(runtime.Calls);
    }

    [Fact]
    public async Task Other_ports_restart_the_program_and_nothing_else()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("api", [80]));
        await runtime.WaitAsync(pods => pods is [{ Phase: PodPhase.Running }]);

        runtime.Sandbox!.SetDesired([TestRuntime.Pod("api", [8080])]);
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var matrix = await runtime.Meter().MeasureAsync(CancellationToken.None);
            if (matrix.Rows.Single(row => row.Source == "host").Cells is [{ Ipv4.Ok: true }] && matrix.Targets[0].Port == 8080)
            {
                Assert.Single(runtime.Calls);
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail("port 8080 was never reachable");
    }

    [Fact]
    public async Task A_wrong_CNI_configuration_shows_the_plugins_error_with_the_pod_and_leaves_the_others_alone()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("good"), TestRuntime.Pod("bad", cniConfig: """{"mtu":"refuse"}""") with { File = "pods.yaml", Document = 2 });

        var pods = await runtime.WaitAsync(pods => pods is [{ Problem: not null }, { Phase: PodPhase.Running }]);

        Assert.Equal("pods.yaml: document 2: CNI ADD: mtu: \"refuse\" is not a number. Use 1500. (code 7)", pods[0].Problem);
        Assert.Null(pods[1].Problem);

        runtime.Sandbox!.SetDesired([TestRuntime.Pod("good"), TestRuntime.Pod("bad", cniConfig: """{"mtu":1400}""")]);
        await runtime.WaitAsync(pods => pods is [{ Phase: PodPhase.Running, Problem: null }, { Phase: PodPhase.Running }]);
    }

    [Fact]
    public async Task An_annotation_that_is_no_JSON_object_is_reported_by_name()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("bad", cniConfig: "mtu=1"));

        var pods = await runtime.WaitAsync(pods => pods is [{ Problem: not null }]);

        Assert.StartsWith("metadata.annotations[sandbox.axoneme.io/cni-config]: not a JSON object", pods[0].Problem);
        Assert.Empty(runtime.Calls);
    }

    [Fact]
    public async Task A_refused_DEL_is_repeated_until_it_succeeds()
    {
        await using var runtime = new TestRuntime();
        await runtime.StartAsync(TestRuntime.Pod("api"));
        await runtime.WaitAsync(pods => pods is [{ Phase: PodPhase.Running }]);

        runtime.RefuseDeletes(true);
        runtime.Sandbox!.SetDesired([]);
        var pods = await runtime.WaitAsync(pods => pods is [{ Problem: not null }]);
        Assert.Equal((PodPhase.Removing, "CNI DEL: agent away (code 11)"), (pods[0].Phase, pods[0].Problem));

        runtime.RefuseDeletes(false);
        await runtime.WaitAsync(pods => pods.Count == 0);
    }

    [Fact]
    public async Task A_damaged_state_file_is_named_and_not_overwritten()
    {
        await using var runtime = new TestRuntime();
        Directory.CreateDirectory(runtime.Options.StateDirectory);
        var path = Path.Combine(runtime.Options.StateDirectory, "sandbox.json");
        await File.WriteAllTextAsync(path, "[{");

        var failure = await Assert.ThrowsAsync<SandboxException>(() => runtime.StartAsync());

        Assert.StartsWith(path, failure.Message);
        Assert.Equal("[{", await File.ReadAllTextAsync(path));
    }

    private static int ProcessOf(SandboxPod pod)
    {
        // The one process that has the pod's control socket on its command line.
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(directory, "cmdline")).Contains(pod.ControlSocket!, StringComparison.Ordinal))
                {
                    return int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture);
                }
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        throw new InvalidOperationException($"no process serves {pod.ControlSocket}");
    }

    private static string Shell(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd();
    }
}
