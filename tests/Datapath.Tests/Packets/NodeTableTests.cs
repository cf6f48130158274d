namespace Axoneme.Datapath.Tests.Packets;

/// <summary>Runs the table of a whole node: every case for every family it speaks of, through the programs in the kernel.</summary>
public sealed class NodeTableTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private static readonly Dictionary<string, NodeCase> _cases =
        new[] { ForwardingCases.All, MasqueradeCases.All, TranslationCases.All, MasqueradeErrorCases.All, HostFirewallCases.All, TunnelCases.All, ForgedSenderCases.All, AuditCases.All, SubtleCases.All,
            NodePortCases.All, ClusterIpCases.All, ServiceErrorCases.All, DirectReturnCases.All, ServiceLifeCases.All }
            .SelectMany(cases => cases).ToDictionary(row => row.Sentence);

    public static TheoryData<string, string> Table() => TableOf(_cases.Values);

    [Theory]
    [MemberData(nameof(Table))]
    public void Packet(string sentence, string family) =>
        fixture.Run(_cases[sentence].Features, family == nameof(PacketFamilies.IPv6), world => _cases[sentence].Run(world));

    public static TheoryData<string, string> TableWithoutServices() => TableOf(_cases.Values.Where(row => !row.Features.HasFlag(NodeFeatures.Services) && !IsAboutServicesOff(row)));

    /// <summary>What is said of a node without services holds of one with them, as long as nobody asks for any.</summary>
    [Theory]
    [MemberData(nameof(TableWithoutServices))]
    public void Packet_where_services_are_on(string sentence, string family) =>
        fixture.Run(_cases[sentence].Features | NodeFeatures.Services, family == nameof(PacketFamilies.IPv6), world => _cases[sentence].Run(world));

    private static bool IsAboutServicesOff(NodeCase row) => row.Sentence.StartsWith("Without services", StringComparison.Ordinal);

    internal static TheoryData<string, string> TableOf(IEnumerable<NodeCase> cases)
    {
        var table = new TheoryData<string, string>();
        foreach (var row in cases)
        {
            foreach (var family in new[] { PacketFamilies.IPv4, PacketFamilies.IPv6 }.Where(family => row.Families.HasFlag(family)))
            {
                table.Add(row.Sentence, family.ToString());
            }
        }

        return table;
    }
}
