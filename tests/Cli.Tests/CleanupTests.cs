using System.Text.Json;
using Axoneme.Datapath.Network;

namespace Axoneme.Cli.Tests;

/// <summary><c>axoneme cleanup</c> in a namespace with what an agent would have left. Needs root.</summary>
public sealed class CleanupTests : IDisposable
{
    private readonly string _name = $"axt-cleanup-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly string _directory = Directory.CreateTempSubdirectory("axoneme-cleanup-").FullName;
    private readonly NetworkNamespace _node;
    private readonly RouteSocket _socket;

    public CleanupTests()
    {
        _node = NetworkNamespace.Create(_name);
        _socket = RouteSocket.OpenIn(_node);
        _socket.Execute(new RouteBatch().CreateDummy(NodeDevices.HostDeviceOf(BpfRoot)).CreateDummy("uplink").CreateVxlan(new VxlanDevice(NodeDevices.TunnelDeviceOf(BpfRoot), 8472, 1450)));
        _socket.Execute(new RouteBatch().AddRoute(Route("10.9.0.0/24") with { Protocol = RouteInfo.OurProtocol }).AddRoute(Route("10.8.0.0/24")));
    }

    private string BpfRoot => Path.Combine(_directory, "bpf");

    [Fact]
    public void Everything_of_the_node_goes_and_is_named_and_nothing_of_others()
    {
        _node.Run(() => Sysctl.Write("net/ipv4/ip_forward", "1"));
        KernelSettingsFile.Write(_directory, new Dictionary<string, string> { ["net/ipv4/ip_forward"] = "0" });

        var (code, output, errors) = Run("", "--force", "-o", "json");

        Assert.Equal((0, ""), (code, errors));
        var kinds = JsonDocument.Parse(output).RootElement.EnumerateArray().Select(item => $"{item.GetProperty("kind")} {item.GetProperty("name")}").ToList();
        Assert.Equal(
            [
                "route 10.9.0.0/24 dev uplink", $"interface {NodeDevices.HostDeviceOf(BpfRoot)}", $"interface {NodeDevices.TunnelDeviceOf(BpfRoot)}",
                "setting net/ipv4/ip_forward = 0", $"file {Path.Combine(_directory, "kernel-settings")}",
            ],
            kinds);
        Assert.Equal(["lo", "uplink", "uplink_p"], _socket.Links().Select(link => link.Name).Order());
        Assert.Equal(["10.8.0.0/24"], _socket.Routes().Where(route => !route.Destination.BaseAddress.IsIPv6LinkLocal).Select(route => route.Destination.ToString()));
        Assert.Equal("0", _node.Run(() => Sysctl.Read("net/ipv4/ip_forward")));
        Assert.Equal((0, "nothing of this node's was found\n"), (Run("").Code, Run("").Output));
    }

    [Theory]
    [InlineData("n\n")]
    [InlineData("")]
    public void Without_a_yes_nothing_is_removed(string answer)
    {
        var (code, output, errors) = Run(answer);

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("[y/N]", errors, StringComparison.Ordinal);
        Assert.Contains("route: 10.9.0.0/24 dev uplink", errors, StringComparison.Ordinal);
        Assert.NotNull(_socket.FindLink(NodeDevices.HostDeviceOf(BpfRoot)));
    }

    [Fact]
    public void A_yes_removes() => Assert.Contains($"interface   {NodeDevices.HostDeviceOf(BpfRoot)}", Run("y\n").Output, StringComparison.Ordinal);

    [Fact]
    public void Another_node_in_the_namespace_keeps_its_routes_and_the_settings_it_needs()
    {
        _socket.Execute(new RouteBatch().CreateDummy("axo_other"));
        KernelSettingsFile.Write(_directory, new Dictionary<string, string> { ["net/ipv4/ip_forward"] = "0" });

        Assert.DoesNotContain("10.9.0.0/24", Run("", "--force").Output, StringComparison.Ordinal);

        Assert.NotNull(_socket.FindLink("axo_other"));
        Assert.Contains(_socket.Routes(), route => route.Protocol == RouteInfo.OurProtocol);
        Assert.NotNull(KernelSettingsFile.Find(_directory));
    }

    [Fact]
    public void A_settings_file_that_names_something_else_is_refused_and_nothing_removed()
    {
        File.WriteAllText(Path.Combine(_directory, "kernel-settings"), "net/../kernel/core_pattern = |/bin/sh\n");

        var (code, _, errors) = Run("", "--force");

        Assert.Equal(1, code);
        Assert.Contains("is no setting such as", errors, StringComparison.Ordinal);
        Assert.NotNull(_socket.FindLink(NodeDevices.HostDeviceOf(BpfRoot)));
    }

    public void Dispose()
    {
        _socket.Dispose();
        _node.Dispose();
        NetworkNamespace.Delete(_name);
        Directory.Delete(_directory, recursive: true);
    }

    private RouteInfo Route(string network) => new(System.Net.IPNetwork.Parse(network), _socket.FindLink("uplink")!.Index);

    private (int Code, string Output, string Errors) Run(string input, params string[] more) => _node.Run(() =>
    {
        var before = Console.In;
        Console.SetIn(new StringReader(input));
        try
        {
            return Shell.Run(["cleanup", "--bpf-root", BpfRoot, "--state-dir", _directory, .. more]);
        }
        finally
        {
            Console.SetIn(before);
        }
    });
}
