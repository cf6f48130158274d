using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Network;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.Tests.Fakes;

namespace Axoneme.NodeActors.Tests.Network;

/// <summary>What is masqueraded and what is not.</summary>
public class MasqueradeExemptionsTests
{
    [Theory]
    [InlineData("nonMasqueradeCIDRs:\n- 10.0.0.0/8\n- fd00::/8\nmasqLinkLocal: true\n", "10.0.0.0/8 fd00::/8 fe80::/10")]
    [InlineData("""{"nonMasqueradeCIDRs": ["192.168.0.0/16"], "masqLinkLocalIPv6": true, "resyncInterval": "60s"}""", "192.168.0.0/16 169.254.0.0/16")]
    [InlineData("nonMasqueradeCIDRs: []\n", "169.254.0.0/16 fe80::/10")]
    public void A_file_says_which_destinations(string text, string expected) => Assert.Equal(expected, string.Join(' ', MasqueradeExemptions.Read(text)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("{}")]
    public void No_file_and_an_empty_one_mean_private_and_special_networks(string? text)
    {
        var networks = MasqueradeExemptions.Read(text);

        Assert.Equal(13, networks.Count);
        Assert.Contains(IPNetwork.Parse("100.64.0.0/10"), networks);
        Assert.Contains(IPNetwork.Parse("fe80::/10"), networks);
    }

    [Theory]
    [InlineData("nonMasqueradeCIDRs:\n- 10.0.0.0/8\n- ten\n", "nonMasqueradeCIDRs[1]: \"ten\"")]
    [InlineData("nonMasqueradeCIDRs: 10.0.0.0/8\n", "must be a list")]
    [InlineData("masqLinkLocal: maybe\n", "masqLinkLocal: must be true or false")]
    [InlineData("nonMasqCIDRs: []\n", "nonMasqCIDRs: unknown")]
    [InlineData("- 10.0.0.0/8\n", "must be a mapping")]
    [InlineData("a: [", "cannot be read as YAML")]
    [InlineData("{}\n---\n{}\n", "several documents")]
    public void A_wrong_file_is_refused_with_the_place(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => MasqueradeExemptions.Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_bad_file_keeps_what_was_in_force_and_is_a_problem()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("axoneme-masq-").FullName, "config");
        await File.WriteAllTextAsync(path, "nonMasqueradeCIDRs: [192.0.2.0/24]");
        await using var node = new TestNode();
        node.Options = node.Options with { IpMasqAgentConfig = path, NonMasqueradeCidrs = [IPNetwork.Parse("198.51.100.0/24")] };
        await node.StartAsync();
        await node.PublishAsync(Records.NodeAt("node-b", "172.30.0.2", "", "10.2.0.0/24"));
        const string First = "10.1.0.0/24 10.2.0.0/24 169.254.0.0/16 192.0.2.0/24 198.51.100.0/24 fd00:1::/64 fe80::/10";
        await Eventually.IsTrue(() => In(node) == First, $"{First}, not {In(node)}");

        await File.WriteAllTextAsync(path, "nonMasqueradeCIDRs: [nonsense]");
        node.Network.Changed();
        await Eventually.IsTrue(() => node.Agent!.GetStatus().Problems.Any(problem => problem.Contains("nonsense", StringComparison.Ordinal)), "the problem is shown");
        Assert.Equal(First, In(node));

        await File.WriteAllTextAsync(path, "nonMasqueradeCIDRs: [203.0.113.0/24]");
        node.Network.Changed();
        await Eventually.IsTrue(() => In(node).Contains("203.0.113.0/24", StringComparison.Ordinal) && !In(node).Contains("192.0.2.0/24", StringComparison.Ordinal), "the new file");
        Assert.DoesNotContain(node.Agent!.GetStatus().Problems, problem => problem.Contains(path, StringComparison.Ordinal));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public async Task Devices_come_and_go_with_their_addresses_and_programs()
    {
        await using var node = new TestNode();
        node.Options = node.Options with { Devices = ["eth+"], MasqueradeIPv6 = false, KubeProxyReplacement = false };
        node.Network.There = With(2);
        await node.StartAsync();
        Assert.Equal([2u], node.Kernel.AttachedInterfaces(Datapath.InterfaceRole.Device));
        Assert.Equal([(2u, new DeviceEntry { Ipv4 = IpAddressKey.From(IPAddress.Parse("172.30.0.2")).Word3 })], Devices());

        node.Network.There = With(2, 3);
        node.Network.Changed();
        await Eventually.IsTrue(() => node.Kernel.AttachedInterfaces(Datapath.InterfaceRole.Device).Count == 2 && Devices().Count == 2, "eth3 is attached");

        node.Kernel.Detach(2, Datapath.InterfaceRole.Device);
        node.Network.Changed();
        await Eventually.IsTrue(() => node.Kernel.AttachedInterfaces(Datapath.InterfaceRole.Device).Count == 2, "eth2 is attached again");

        node.Network.There = With(3);
        node.Network.Changed();
        await Eventually.IsTrue(() => Devices() is [(3, _)] && node.Kernel.AttachedInterfaces(Datapath.InterfaceRole.Device).SequenceEqual([3u]), "eth2 is left");
        await Eventually.IsTrue(() => node.ControlPlane.Registrations.LastOrDefault()?.NodeIpv4 == "172.30.0.3", "the control plane knows the new address");

        List<(uint, DeviceEntry)> Devices() => [.. node.Kernel.Devices.Entries().Where(pair => pair.Key != DeviceEntry.OfNode).Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key)];
    }

    [Fact]
    public async Task Drivers_send_on_where_they_can_once_their_program_is_there()
    {
        await using var node = new TestNode();
        node.Options = node.Options with { Devices = ["eth+"], Services = new() { Acceleration = LoadBalancerAcceleration.Native } };
        node.Network.There = With(2);
        node.Kernel.DriverRunsPrograms = false;
        await node.StartAsync();
        Assert.Empty(node.Kernel.AcceleratedInterfaces());
        Assert.Equal(DeviceFlags.None, FlagsOf(2));
        Assert.Contains(node.Agent!.GetStatus().Problems, problem => problem.Contains("interface eth2", StringComparison.Ordinal) && problem.Contains("--bpf-lb-acceleration", StringComparison.Ordinal));

        node.Kernel.DriverRunsPrograms = true;
        node.Network.There = With(2, 3);
        node.Network.Changed();
        await Eventually.IsTrue(() => FlagsOf(2) == DeviceFlags.Accelerated && FlagsOf(3) == DeviceFlags.Accelerated, "the driver was asked again");
        Assert.Equal([2u, 3u], node.Kernel.AcceleratedInterfaces().Order());
        await Eventually.IsTrue(() => node.Agent.GetStatus().Problems.Count == 0, "no problem is left");

        node.Network.There = With(3);
        node.Network.Changed();
        await Eventually.IsTrue(() => node.Kernel.AcceleratedInterfaces().SequenceEqual([3u]), "eth2 is left");

        DeviceFlags FlagsOf(uint ifindex) => node.Kernel.Devices.TryGet(ifindex, out var entry) ? entry.Flags : DeviceFlags.None;
    }

    private static NodeLinks With(params uint[] devices) => new(
        [.. devices.Select(index => new LinkInfo(index, $"eth{index}", default, 1500, true, "", 0))],
        [.. devices.SelectMany(index => new[] { new AddressInfo(index, IPAddress.Parse($"172.30.0.{index}"), 24, false), new AddressInfo(index, IPAddress.Parse($"fd30::{index}"), 64, false) })], []);

    private static string In(TestNode node) =>
        string.Join(' ', node.Kernel.Unmasqueraded.Entries().Select(pair => pair.Key.ToIPNetwork().ToString()).Order(StringComparer.Ordinal));
}
