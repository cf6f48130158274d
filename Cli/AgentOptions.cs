using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axoneme.Cli.Output;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli;

/// <summary>The options every verb has, and the two things they decide: which agent is asked and how its answer is printed.</summary>
internal sealed class AgentOptions
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    public AgentOptions()
    {
        Socket = new Option<string>("--socket")
        {
            Description = "The agent's Unix socket; AXONEME_AGENT_SOCKET sets another default.",
            Recursive = true,
            HelpName = "path",
            DefaultValueFactory = _ => SocketFrom(Environment.GetEnvironmentVariable),
        };
        Output = new Option<string>("--output", "-o")
        {
            Description = "table or json.",
            Recursive = true,
            HelpName = "format",
            DefaultValueFactory = _ => "table",
        };
        Output.AcceptOnlyFromAmong("table", "json");
    }

    public Option<string> Socket { get; }

    public Option<string> Output { get; }

    /// <summary>The socket that the environment names, or the default; an empty variable is an unset one.</summary>
    internal static string SocketFrom(Func<string, string?> variable) =>
        variable("AXONEME_AGENT_SOCKET") is { Length: > 0 } path ? path : AgentRoutes.DefaultSocket;

    public AgentClient Client(ParseResult parsed) => new(parsed.GetRequiredValue(Socket), AnswerTimeout);

    /// <summary>A client for a stream that may be silent for as long as nothing happens.</summary>
    public AgentClient StreamClient(ParseResult parsed) => new(parsed.GetRequiredValue(Socket), Timeout.InfiniteTimeSpan);

    public bool Json(ParseResult parsed) => parsed.GetRequiredValue(Output) == "json";

    /// <summary>GETs a value and prints it as JSON or, by <paramref name="table"/>, for people.</summary>
    public void Print<T>(ParseResult parsed, string route, JsonTypeInfo<T> type, Action<T, TextWriter> table) =>
        Print(parsed, Client(parsed).Get(route, type), type, table);

    /// <summary>Prints a value as JSON or, by <paramref name="table"/>, for people.</summary>
    public void Print<T>(ParseResult parsed, T value, JsonTypeInfo<T> type, Action<T, TextWriter> table)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (Json(parsed))
        {
            output.WriteLine(JsonSerializer.Serialize(value, IndentedJson.Of(type)));
        }
        else
        {
            table(value, output);
        }
    }
}
