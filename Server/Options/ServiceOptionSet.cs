using System.CommandLine;
using System.Globalization;
using Axoneme.NodeActors.Services;

namespace Axoneme.Server.Options;

/// <summary>The options that say how a node serves services.</summary>
internal sealed class ServiceOptionSet
{
    private readonly Option<LoadBalancerAlgorithm> _algorithm = CommandLine.Value(
        "--bpf-lb-algorithm", "random|maglev", "How clients outside get a backend: any, or the same at every node.", "random",
        text => CommandLine.OneOf(text, "random", "maglev") == "maglev" ? LoadBalancerAlgorithm.Maglev : LoadBalancerAlgorithm.Random);

    private readonly Option<uint> _tableSize = CommandLine.Value(
        "--bpf-lb-maglev-table-size", "entries", $"Entries of a service's table, the same at all nodes: one of {string.Join(", ", Maglev.TableSizes)}.",
        Maglev.DefaultTableSize.ToString(CultureInfo.InvariantCulture),
        text => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && Maglev.TableSizes.Contains(size)
            ? size
            : throw new FormatException($"\"{text}\" is not one of {string.Join(", ", Maglev.TableSizes)}"));

    private readonly Option<ulong> _seed = CommandLine.Value(
        "--bpf-lb-maglev-hash-seed", "seed", "What the tables are made with, the same at all nodes: a number, or 12 bytes in base64.", "0", MaglevSeed.Parse);

    private readonly Option<LoadBalancerMode> _mode = CommandLine.Value(
        "--bpf-lb-mode", "snat|dsr|hybrid", "Who answers clients outside when the backend is on another node: the node they sent to, the backend's, or that for TCP only.", "snat",
        text => CommandLine.OneOf(text, "snat", "dsr", "hybrid") switch
        {
            "dsr" => LoadBalancerMode.Dsr,
            "hybrid" => LoadBalancerMode.Hybrid,
            _ => LoadBalancerMode.Snat,
        });

    private readonly Option<LoadBalancerAcceleration> _acceleration = CommandLine.Value(
        "--bpf-lb-acceleration", "disabled|native|best-effort|testing-only",
        "Have the devices' drivers (XDP) send on what goes between clients outside and backends on other nodes: all drivers, those that can, or the kernel in their place.", "disabled",
        text => CommandLine.OneOf(text, "disabled", "native", "best-effort", "testing-only") switch
        {
            "native" => LoadBalancerAcceleration.Native,
            "best-effort" => LoadBalancerAcceleration.BestEffort,
            "testing-only" => LoadBalancerAcceleration.TestingOnly,
            _ => LoadBalancerAcceleration.Disabled,
        });

    private readonly Option<(ushort First, ushort Last)> _nodePorts = CommandLine.Value(
        "--node-port-range", "first,last", "Ports that services may have on every node.", "30000,32767", Range);

    private readonly Option<bool> _allTypes = CommandLine.Switch(
        "--bpf-lb-source-range-all-types", "A service's source ranges hold for its node ports, too.", byDefault: false);

    public IEnumerable<Option> All => [_algorithm, _tableSize, _seed, _mode, _acceleration, _nodePorts, _allTypes];

    public ServiceOptions Read(ParseResult parsed)
    {
        var (first, last) = parsed.GetValue(_nodePorts);
        return new ServiceOptions
        {
            Algorithm = parsed.GetValue(_algorithm),
            MaglevTableSize = parsed.GetValue(_tableSize),
            MaglevSeed = parsed.GetValue(_seed),
            Mode = parsed.GetValue(_mode),
            Acceleration = parsed.GetValue(_acceleration),
            NodePortFirst = first,
            NodePortLast = last,
            SourceRangesForAllTypes = parsed.GetValue(_allTypes),
        };
    }

    private static (ushort First, ushort Last) Range(string text)
    {
        if (text.Split(',') is not [var first, var last])
        {
            throw new FormatException($"\"{text}\" is not a range of ports, such as 30000,32767");
        }

        var (low, high) = (CommandLine.Number(first, 1, ushort.MaxValue), CommandLine.Number(last, 1, ushort.MaxValue));
        return low <= high ? ((ushort)low, (ushort)high) : throw new FormatException($"\"{text}\": the lesser port comes first");
    }
}
