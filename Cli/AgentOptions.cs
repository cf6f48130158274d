using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axoneme.Cli.Output;
using Axoneme.Wire.Admin;
using Axoneme.Wire.Agent;

namespace Axoneme.Cli;

/// <summary>The options every verb has, and the two things they decide: which agent is asked and how its answer is printed.</summary>
internal sealed class AgentOptions
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Comparing the policies of a large cluster takes its time.</summary>
    private static readonly TimeSpan AdminTimeout = TimeSpan.FromMinutes(2);

    public AgentOptions()
    {
        Socket = new Option<string>("--socket")
        {
            Description = "The agent's Unix socket; AXONEME_AGENT_SOCKET sets another default.",
            Recursive = true,
            HelpName = "path",
            DefaultValueFactory = _ => SocketFrom(Environment.GetEnvironmentVariable),
        };
        AdminSocket = new Option<string?>("--admin-socket")
        {
            Description = "The control plane's admin socket; AXONEME_ADMIN_SOCKET sets another default, else it is admin.sock beside the agent's.",
            HelpName = "path",
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

    /// <summary>For the commands that ask the control plane.</summary>
    public Option<string?> AdminSocket { get; }

    public Option<string> Output { get; }

    /// <summary>The socket that the environment names, or the default; an empty variable is an unset one.</summary>
    internal static string SocketFrom(Func<string, string?> variable) =>
        variable("AXONEME_AGENT_SOCKET") is { Length: > 0 } path ? path : AgentRoutes.DefaultSocket;

    public AgentClient Client(ParseResult parsed) => new(parsed.GetRequiredValue(Socket), AnswerTimeout);

    private AgentClient AdminClient(ParseResult parsed)
    {
        var socket = parsed.GetValue(AdminSocket) ?? Environment.GetEnvironmentVariable("AXONEME_ADMIN_SOCKET");
        return new AgentClient(
            socket is { Length: > 0 } named ? named : Path.Combine(Path.GetDirectoryName(parsed.GetRequiredValue(Socket)) ?? "", "admin.sock"),
            AdminTimeout, "admin");
    }

    /// <summary>Asks the control plane about policies.</summary>
    /// <exception cref="AgentRefusedException">It refuses, or the question is larger than it would read.</exception>
    public TAnswer Ask<TQuestion, TAnswer>(ParseResult parsed, string route, TQuestion question, JsonTypeInfo<TQuestion> type, JsonTypeInfo<TAnswer> answer)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(question, type);
        return body.Length <= PolicyRoutes.LargestBody
            ? AdminClient(parsed).Post(route, body, answer)
            : throw new AgentRefusedException(413, new AgentError($"the question has {body.Length} bytes, at most {PolicyRoutes.LargestBody} are read", "Ask about fewer policies at a time."));
    }

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
