using System.Globalization;

namespace Axoneme.DemoPod;

/// <summary>What <c>axoneme-pod serve</c> was asked to do.</summary>
/// <param name="Name">Said in every answer that is no echo.</param>
/// <param name="Control">Unix socket for probe requests; the process ends when the path is removed.</param>
/// <param name="PidFile">Written when the control socket listens; null: none.</param>
/// <param name="Tcp">Ports that answer HTTP.</param>
/// <param name="Udp">Ports that echo datagrams, and answer those that begin like HTTP.</param>
internal sealed record ServeOptions(string Name, string Control, string? PidFile, IReadOnlyList<ushort> Tcp, IReadOnlyList<ushort> Udp)
{
    public const string Usage = """
        axoneme-pod: stands in for a container. Answers on the pod's ports and probes other pods from inside its network namespace.

        Usage: axoneme-pod serve --control <socket> [--name <text>] [--tcp <ports>] [--udp <ports>] [--pid-file <path>]

          --control   Unix socket that takes probe requests as JSON lines:
                        {"id":1,"proto":"tcp","address":"10.244.0.7","port":80,"timeoutMs":300}     (tcp, udp or icmp)
                        answer: {"id":1,"ok":true,"microseconds":410} or {"id":1,"ok":false,"microseconds":300120,"error":"timeout"};
                        with "ask":true also "answer": what another axoneme-pod says, its name and as whom it sees this one; with "from" from that port
                      The process ends when the path is removed, and on SIGTERM.
          --name      what answers say, for example shop/api; default: the host name
          --tcp       ports that answer HTTP with 200 and echo anything else, comma-separated
          --udp       ports that echo datagrams, and answer those that begin with GET, comma-separated
          --pid-file  file to write the process id to
        """;

    /// <summary>Parses the command line.</summary>
    /// <exception cref="FormatException">With what is wrong and how to write it.</exception>
    public static ServeOptions Parse(ReadOnlySpan<string> args)
    {
        if (args.IsEmpty || args[0] != "serve")
        {
            throw new FormatException(args.IsEmpty ? "a command is missing: serve" : $"\"{args[0]}\" is not a command; the only one is serve");
        }

        var options = new ServeOptions(Environment.MachineName, "", null, [], []);
        for (var i = 1; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
            {
                throw new FormatException($"{args[i]} needs a value");
            }

            var value = args[i + 1];
            options = args[i] switch
            {
                "--control" => options with { Control = value },
                "--name" => options with { Name = value },
                "--pid-file" => options with { PidFile = value },
                "--tcp" => options with { Tcp = Ports("--tcp", value) },
                "--udp" => options with { Udp = Ports("--udp", value) },
                _ => throw new FormatException($"\"{args[i]}\" is not an option"),
            };
        }

        return options.Control.Length > 0 ? options : throw new FormatException("--control is missing: the path of the socket that takes probe requests");
    }

    private static ushort[] Ports(string option, string list) =>
        [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : throw new FormatException($"{option}: \"{text}\" is not a port, 1 to 65535"))];
}
