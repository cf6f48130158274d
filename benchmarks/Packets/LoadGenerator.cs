namespace Axoneme.Benchmarks.Packets;

/// <summary>The program that makes the load, and where it runs.</summary>
/// <param name="Program">Path of <c>netload</c>.</param>
/// <param name="Cpu">The CPU of the answering end.</param>
/// <param name="ClientCpu">The CPU of the beginning end. The same one unless asked otherwise: see netload.c.</param>
internal sealed record LoadGenerator(string Program, string Cpu, string ClientCpu)
{
    /// <summary>On the last CPU this process may use, or with both ends apart on the last two.</summary>
    public static LoadGenerator On(string program, bool twoCpus)
    {
        var cpus = AllowedCpus();
        if (twoCpus && cpus.Count < 2)
        {
            throw new InvalidOperationException($"{program}: two CPUs were asked for, this process may use {cpus.Count}");
        }

        return new LoadGenerator(program, $"{cpus[^1]}", $"{cpus[twoCpus ? ^2 : ^1]}");
    }

    /// <summary>From a list such as "0-3,8".</summary>
    private static List<int> AllowedCpus()
    {
        const string Field = "Cpus_allowed_list:";
        var list = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Field, StringComparison.Ordinal))[Field.Length..].Trim();
        return
        [
            .. list.Split(',').Select(range => range.Split('-').Select(int.Parse).ToArray()).SelectMany(ends => Enumerable.Range(ends[0], ends[^1] - ends[0] + 1)),
        ];
    }
}
