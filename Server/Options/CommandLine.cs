using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;

namespace Axoneme.Server.Options;

/// <summary>How options are made and what their values may look like. A value that is wrong is an error that shows a right one.</summary>
internal static class CommandLine
{
    /// <summary>What stands for "not at all" where a value is expected.</summary>
    public const string None = "none";

    public static Option<string> Path(string name, string description, string byDefault) => Value(name, "path", description, byDefault, System.IO.Path.GetFullPath);

    /// <summary>An option with one value.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="help">What stands for the value in the help.</param>
    /// <param name="description">A sentence.</param>
    /// <param name="byDefault">The value when it is not given, as it would be written.</param>
    /// <param name="parse">Reads a value, or throws <see cref="FormatException"/> or <see cref="ArgumentException"/>.</param>
    public static Option<T> Value<T>(string name, string help, string description, string byDefault, Func<string, T> parse) => new(name)
    {
        Description = description,
        HelpName = help,
        DefaultValueFactory = _ => parse(byDefault),
        CustomParser = result => Parse(result, name, () => parse(result.Tokens[0].Value)),
    };

    /// <summary>An option with one value, or with <see cref="None"/>: no value then. (The library takes no null for a value.)</summary>
    public static Option<IReadOnlyList<T>> ValueOrNone<T>(string name, string help, string description, string byDefault, Func<string, T> parse) =>
        Value<IReadOnlyList<T>>(name, $"{help}|{None}", description, byDefault, text => text == None ? [] : [parse(text)]);

    /// <summary>An option that need not be given: null then.</summary>
    public static Option<T?> Optional<T>(string name, string help, string description, Func<string, T> parse) => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = result => Parse(result, name, () => parse(result.Tokens[0].Value)),
    };

    /// <summary>An option that may be given several times, with several values each, separated by commas.</summary>
    public static Option<IReadOnlyList<T>> List<T>(string name, string help, string description, Func<string, T> parse, string byDefault = None) =>
        Several<IReadOnlyList<T>>(name, help, description, byDefault, values => [.. values.Select(parse)]);

    /// <summary>As <see cref="List"/>, with values that are read together.</summary>
    public static Option<T> Several<T>(string name, string help, string description, string byDefault, Func<IEnumerable<string>, T> parse) => new(name)
    {
        Description = byDefault == None ? $"{description} [default: {None}]" : description, // the library shows no empty lists
        HelpName = help,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => parse(Split(byDefault)),
        CustomParser = result => Parse(result, name, () => parse(result.Tokens.SelectMany(token => Split(token.Value)))),
    };

    /// <summary>An option that is on or off: <c>--name</c>, <c>--name=true</c>, <c>--name=false</c>.</summary>
    public static Option<bool> Switch(string name, string description, bool byDefault) => new(name)
    {
        Description = byDefault ? description : $"{description} [default: false]", // the library shows no false
        HelpName = "true|false",
        DefaultValueFactory = _ => byDefault,
    };

    public static IPNetwork Network(string text) => IPNetwork.TryParse(text, out var network)
        ? network
        : throw new FormatException($"\"{text}\" is not a network, such as 10.0.0.0/8 or fd00::/8");

    /// <param name="text">As it was written.</param>
    /// <param name="family">4 or 6.</param>
    public static IPNetwork Network(string text, int family) =>
        IPNetwork.TryParse(text, out var network) && IsOf(network.BaseAddress, family)
            ? network
            : throw new FormatException($"\"{text}\" is not an IPv{family} network, such as {(family == 4 ? "10.244.0.0/24" : "fd00:10:244::/64")}");

    public static IPAddress Address(string text, int family) =>
        IPAddress.TryParse(text, out var address) && IsOf(address, family)
            ? address
            : throw new FormatException($"\"{text}\" is not an IPv{family} address, such as {(family == 4 ? "192.0.2.1" : "2001:db8::1")}");

    public static IPEndPoint Endpoint(string text) =>
        IPEndPoint.TryParse(text, out var endpoint) && text.Contains(':', StringComparison.Ordinal)
            ? endpoint
            : throw new FormatException($"\"{text}\" is not an address with a port, such as 127.0.0.1:9870");

    /// <summary>A number within bounds.</summary>
    public static int Number(string text, int least, int most) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"\"{text}\" is not a number from {least} to {most}");

    /// <summary>One of some words.</summary>
    public static string OneOf(string text, params string[] words) => words.Contains(text, StringComparer.Ordinal)
        ? text
        : throw new FormatException($"\"{text}\" is not {string.Join(" or ", words)}");

    private static bool IsOf(IPAddress address, int family) => address.AddressFamily == (family == 4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);

    private static string[] Split(string text) =>
        text == None ? [] : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static T? Parse<T>(ArgumentResult result, string name, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException)
        {
            result.AddError($"{name}: {failure.Message}");
            return default;
        }
    }
}
