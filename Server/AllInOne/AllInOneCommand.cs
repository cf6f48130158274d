using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Axoneme.Server.AllInOne;

/// <summary>The command line of <c>all-in-one</c>.</summary>
internal static class AllInOneCommand
{
    private const string DefaultCgroupRoot = "/sys/fs/cgroup";

    public static Command Create()
    {
        var manifests = Path("--manifests", "Directory of Kubernetes manifests, watched for changes.", "deploy/demo");
        var state = Path("--state-dir", "What must survive a restart.", "/var/lib/axoneme");
        var run = Path("--run-dir", "Sockets.", "/run/axoneme");
        var bpf = Path("--bpf-root", "Where kernel objects are pinned; below a bpffs.", "/sys/fs/bpf/axoneme");
        var cgroup = Path("--cgroup-root", "cgroup v2 directory of the pods; made if missing. The default leaves them in the server's.", DefaultCgroupRoot);
        var node = Value("--node-name", "name", "This node's name.", Environment.MachineName, text => text);
        var cidr4 = Value("--pod-cidr", "cidr", "IPv4 addresses for pods.", "10.244.0.0/24", text => Network(text, 4));
        var cidr6 = Value("--pod-cidr-v6", "cidr", "IPv6 addresses for pods.", "fd00:10:244::/64", text => Network(text, 6));
        var admin = Value("--admin-address", "address:port", "Where the admin HTTP listens; port 0 picks one.", "127.0.0.1:9870", Endpoint);
        var cni = Path("--cni-bin", "The CNI plugin.", Beside("axoneme-cni"));
        var pod = Path("--pod-bin", "The program that stands in for containers.", Beside("axoneme-pod"));
        var clsact = new Option<bool>("--force-clsact") { Description = "Attach by clsact although the kernel has tcx." };
        var live = new Option<bool>("--live") { Description = "Show the live view (the default on a terminal)." };
        var noLive = new Option<bool>("--no-live") { Description = "Write lines when something changes, and the log, instead of the live view." };
        var remove = new Option<bool>("--remove-on-exit") { Description = "Remove everything that was made when stopped by Ctrl-C or SIGTERM. Without it pods, verdicts and state stay." };
        var command = new Command("all-in-one", "Control plane, agent and sandbox pods of one node in one process, on a directory of manifests.")
        {
            manifests, state, run, bpf, cgroup, node, cidr4, cidr6, admin, cni, pod, clsact, live, noLive, remove,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(live) && result.GetValue(noLive))
            {
                result.AddError("--live and --no-live contradict each other; leave one out.");
            }
        });
        command.SetAction((parsed, cancellationToken) =>
        {
            var cgroupRoot = parsed.GetRequiredValue(cgroup);
            return AllInOneServer.RunAsync(
                new AllInOneOptions
                {
                    Manifests = parsed.GetRequiredValue(manifests),
                    StateDirectory = parsed.GetRequiredValue(state),
                    RunDirectory = parsed.GetRequiredValue(run),
                    BpfRoot = parsed.GetRequiredValue(bpf),
                    CgroupRoot = cgroupRoot == DefaultCgroupRoot ? null : cgroupRoot,
                    NodeName = parsed.GetRequiredValue(node),
                    PodCidr4 = parsed.GetRequiredValue(cidr4),
                    PodCidr6 = parsed.GetRequiredValue(cidr6),
                    AdminAddress = parsed.GetRequiredValue(admin),
                    CniPlugin = parsed.GetRequiredValue(cni),
                    PodProgram = parsed.GetRequiredValue(pod),
                    ForceClsact = parsed.GetValue(clsact),
                    Live = parsed.GetValue(live) || (!parsed.GetValue(noLive) && !Console.IsOutputRedirected),
                    RemoveOnExit = parsed.GetValue(remove),
                },
                cancellationToken);
        });
        return command;
    }

    private static Option<string> Path(string name, string description, string byDefault) => Value(name, "path", description, byDefault, System.IO.Path.GetFullPath);

    private static Option<T> Value<T>(string name, string help, string description, string byDefault, Func<string, T> parse) => new(name)
    {
        Description = $"{description} [default: {byDefault}]",
        HelpName = help,
        DefaultValueFactory = _ => parse(byDefault),
        CustomParser = result => Parse(result, name, parse),
    };

    private static T? Parse<T>(ArgumentResult result, string name, Func<string, T> parse)
    {
        try
        {
            return parse(result.Tokens[0].Value);
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException)
        {
            result.AddError($"{name}: {failure.Message}");
            return default;
        }
    }

    private static IPNetwork Network(string text, int family) =>
        IPNetwork.TryParse(text, out var network) && (network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) == (family == 4)
            ? network
            : throw new FormatException($"\"{text}\" is not an IPv{family} network, such as {(family == 4 ? "10.244.0.0/24" : "fd00:10:244::/64")}");

    private static IPEndPoint Endpoint(string text) =>
        IPEndPoint.TryParse(text, out var endpoint) && text.Contains(':', StringComparison.Ordinal)
            ? endpoint
            : throw new FormatException($"\"{text}\" is not an address with a port, such as 127.0.0.1:9870");

    // In the build's output the native programs are in a folder beside the server's.
    private static string Beside(string program)
    {
        var built = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "..", "bin", program));
        return File.Exists(built) ? built : System.IO.Path.Combine(AppContext.BaseDirectory, program);
    }
}
