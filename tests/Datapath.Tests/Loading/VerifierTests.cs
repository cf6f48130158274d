using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Axoneme.Datapath.Attachment;
using Axoneme.Datapath.Layout;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Tests.Loading;

/// <summary>Every combination of features passes the verifier, and what the programs cost there and in the kernel is written down.</summary>
public sealed class VerifierTests
{
    private static readonly DatapathConfig _everything = new()
    {
        TunnelIfindex = 2, TunnelMtu = 1450, HostFirewall = 1, Masquerade4 = 1, Masquerade6 = 1, Services = 1,
    };

    private static readonly string[] _objects = [.. Enum.GetValues<InterfaceRole>().Select(InterfacePrograms.ObjectNameOf), SocketAttachment.ObjectName, DriverAttachment.ObjectName];

    public static TheoryData<string, uint, byte, byte, byte, byte> Combinations()
    {
        var combinations = new TheoryData<string, uint, byte, byte, byte, byte>();
        foreach (var name in Enum.GetValues<InterfaceRole>().Select(InterfacePrograms.ObjectNameOf))
        {
            for (var bits = 0; bits < 32; bits++)
            {
                combinations.Add(name, (uint)(bits & 1) * 2, (byte)(bits >> 1 & 1), (byte)(bits >> 2 & 1), (byte)(bits >> 3 & 1), (byte)(bits >> 4 & 1));
            }
        }

        return combinations;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Every_combination_of_features_passes_the_verifier(string name, uint tunnel, byte hostFirewall, byte masquerade4, byte masquerade6, byte services)
    {
        var sizes = Load(name, new DatapathConfig
        {
            TunnelIfindex = tunnel, TunnelMtu = 1450, HostFirewall = hostFirewall, Masquerade4 = masquerade4, Masquerade6 = masquerade6, Services = services,
        });
        Assert.All(sizes, size => Assert.InRange(size.Verified, 1u, 500_000u));
    }

    /// <summary>
    /// A program that grew by more than a twentieth since it was written down is looked at: <c>instructions.txt</c> is rewritten by running
    /// this test with AXONEME_RECORD=1, and the difference is seen in review.
    /// </summary>
    [Fact]
    public void Programs_have_not_grown_unseen()
    {
        var found = _objects.SelectMany(name => Load(name, _everything)).OrderBy(size => size.Name, StringComparer.Ordinal).ToList();
        if (Environment.GetEnvironmentVariable("AXONEME_RECORD") == "1")
        {
            File.WriteAllText(Recorded(), Table(found));
        }

        var recorded = File.ReadLines(Recorded()).Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(cells => cells[0], cells => (Instructions: uint.Parse(cells[1], CultureInfo.InvariantCulture), Verified: uint.Parse(cells[2], CultureInfo.InvariantCulture)));
        Assert.Equal(recorded.Keys.Order(StringComparer.Ordinal), found.Select(size => size.Name));
        Assert.All(found, size =>
        {
            Assert.True(size.Instructions <= recorded[size.Name].Instructions * 1.05, $"{size.Name}: {size.Instructions} instructions, {recorded[size.Name].Instructions} written down");
            Assert.True(size.Verified <= recorded[size.Name].Verified * 1.5, $"{size.Name}: the verifier went through {size.Verified}, {recorded[size.Name].Verified} written down");
        });
    }

    private static List<ProgramSize> Load(string name, DatapathConfig config)
    {
        using var bpfObject = BpfObject.Open(name, NodeDatapath.EmbeddedObject(name));
        bpfObject.SetConstant("config", in config);
        var small = new DatapathOptions
        {
            BpfRoot = "/", EndpointEntries = 16, ConntrackEntries = 64, FragmentEntries = 16, PolicyEntries = 16, PolicyRangeEntries = 16, HostEntries = 16, PrefixEntries = 16,
            NatEntries = 16, TunnelEntries = 16, UnmasqueradedEntries = 16, EventRingBytes = 1 << 16,
        };
        foreach (var map in bpfObject.Maps().Where(map => small.MapSizes().ContainsKey(map.Name)))
        {
            map.SetMaxEntries(small.MapSizes()[map.Name]);
        }

        bpfObject.Load();
        var sizes = new List<ProgramSize>();
        foreach (var (program, descriptor) in bpfObject.Programs())
        {
            var info = BpfObjectCalls.Info<BpfProgramInfo>(descriptor, $"program {program}");
            sizes.Add(new ProgramSize(program, info.TranslatedLength / 8, info.VerifiedInstructions));
            descriptor.Dispose();
        }

        return sizes;
    }

    private static string Table(IEnumerable<ProgramSize> sizes)
    {
        var text = new StringBuilder("program       instructions  verified   (all features on; AXONEME_RECORD=1 rewrites this file)\n");
        foreach (var size in sizes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{size.Name,-14}{size.Instructions,12}{size.Verified,10}\n");
        }

        return text.ToString();
    }

    private static string Recorded([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "instructions.txt");

    private sealed record ProgramSize(string Name, uint Instructions, uint Verified);
}
