using System.Buffers.Binary;
using System.Diagnostics;

namespace Axoneme.Testbed;

/// <summary>What passes an interface, by tcpdump.</summary>
public sealed class Capture : IAsyncDisposable
{
    private const int PcapHeader = 24;
    private const int PacketHeader = 16;

    /// <summary>KiB for packets that tcpdump has yet to read, each of which may take 64: many come at once.</summary>
    private const string Room = "32768";

    /// <summary>It ends with what it has read: the last packets have to get that far.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly Process _tcpdump;
    private readonly string _file;

    private Capture(Process tcpdump, string file) => (_tcpdump, _file) = (tcpdump, file);

    /// <summary>Begins; packets from now on are in it.</summary>
    /// <param name="ns">The interface's network namespace.</param>
    /// <param name="device">The interface, or <c>any</c>.</param>
    /// <param name="filter">As tcpdump takes it; empty for everything.</param>
    public static Task<Capture> StartAsync(Namespace ns, string device, string filter = "") => StartAsync(ns.Path, device, filter);

    /// <inheritdoc cref="StartAsync(Namespace, string, string)"/>
    public static async Task<Capture> StartAsync(string netnsPath, string device, string filter = "")
    {
        var file = Path.GetTempFileName();
        string[] arguments = ["-i", device, "-n", "-U", "-B", Room, "-Z", "root", "--immediate-mode", "-w", file, .. filter.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        var capture = new Capture(Command.Start("nsenter", Namespace.Enter(netnsPath, "tcpdump", arguments), redirect: true), file);
        var said = new List<string>();
        while (await capture._tcpdump.StandardError.ReadLineAsync() is { } line)
        {
            said.Add(line);
            if (line.Contains("listening on", StringComparison.Ordinal))
            {
                return capture;
            }
        }

        await capture.DisposeAsync();
        throw new InvalidOperationException($"tcpdump -i {device} {filter}: {string.Join(' ', said)}");
    }

    /// <summary>Ends it and gives the packets, each with its link layer header.</summary>
    public async Task<IReadOnlyList<byte[]>> PacketsAsync()
    {
        await StopAsync();
        var bytes = await File.ReadAllBytesAsync(_file);
        var packets = new List<byte[]>();
        for (var at = PcapHeader; at + PacketHeader <= bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 8));
            packets.Add(bytes[(at + PacketHeader)..(at + PacketHeader + length)]);
            at += PacketHeader + length;
        }

        return packets;
    }

    /// <summary>Ends it and gives a line for each packet, as tcpdump prints them, with what is inside VXLAN.</summary>
    public async Task<IReadOnlyList<string>> LinesAsync()
    {
        await StopAsync();
        var text = await Command.OkAsync("tcpdump", "-n", "-v", "-t", "-e", "-r", _file);

        // What follows a packet's first line is indented.
        var lines = new List<string>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (char.IsWhiteSpace(line[0]))
            {
                lines[^1] += $" {line.Trim()}";
            }
            else
            {
                lines.Add(line);
            }
        }

        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _tcpdump.Dispose();
        File.Delete(_file);
    }

    private async Task StopAsync()
    {
        if (!_tcpdump.HasExited)
        {
            await Task.Delay(Moment);
            await Command.RunAsync("kill", ["-INT", _tcpdump.Id.ToString()]);
            await _tcpdump.WaitForExitAsync();
        }
    }
}
