namespace Axoneme.Cni;

/// <summary>The parameters a runtime passes in environment variables. Source: CNI specification 1.1.0, section "Parameters".</summary>
internal sealed record CniEnvironment(CniCommand Command, string ContainerId, string Netns, string IfName, Dictionary<string, string> Args)
{
    /// <summary>Reads and checks the variables that the command needs.</summary>
    /// <exception cref="CniFailure">Code 4, naming the variable.</exception>
    public static CniEnvironment Read(Func<string, string?> variable)
    {
        var name = Required("CNI_COMMAND");
        if (!Enum.TryParse<CniCommand>(name, ignoreCase: false, out var command) || !Enum.IsDefined(command) || char.IsDigit(name[0]))
        {
            throw new CniFailure(CniCode.InvalidEnvironment, $"CNI_COMMAND: \"{name}\" is not a CNI command", "Commands are ADD, DEL, CHECK, GC, STATUS and VERSION.");
        }

        if (command is CniCommand.VERSION or CniCommand.GC or CniCommand.STATUS)
        {
            return new CniEnvironment(command, "", "", "", []);
        }

        var containerId = Required("CNI_CONTAINERID");
        if (!char.IsAsciiLetterOrDigit(containerId[0]) || !containerId.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
        {
            throw new CniFailure(CniCode.InvalidEnvironment, $"CNI_CONTAINERID: \"{containerId}\" has characters that are not allowed",
                "It starts with a letter or digit, then come letters, digits, '_', '.' and '-'.");
        }

        var ifName = Required("CNI_IFNAME");
        if (ifName.Length > 15 || ifName is "." or ".." || ifName.Any(c => c is '/' or ':' || char.IsWhiteSpace(c)))
        {
            throw new CniFailure(CniCode.InvalidEnvironment, $"CNI_IFNAME: \"{ifName}\" is not an interface name",
                "At most 15 characters, without '/', ':' and white space, and neither \".\" nor \"..\".");
        }

        // A runtime may delete what has lost its namespace already.
        var netns = command == CniCommand.DEL ? variable("CNI_NETNS") ?? "" : Required("CNI_NETNS");
        return new CniEnvironment(command, containerId, netns, ifName, ParseArgs(variable("CNI_ARGS") ?? ""));

        string Required(string key) => variable(key) is { Length: > 0 } value
            ? value
            : throw new CniFailure(CniCode.InvalidEnvironment, $"{key}: the environment variable is missing or empty", "The container runtime sets it; see the CNI specification, section Parameters.");
    }

    private static Dictionary<string, string> ParseArgs(string text)
    {
        var args = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new CniFailure(CniCode.InvalidEnvironment, $"CNI_ARGS: \"{pair}\" is not of the form KEY=VALUE", "Pairs are separated by ';', for example K8S_POD_NAME=web;K8S_POD_NAMESPACE=shop.");
            }

            args[pair[..equals]] = pair[(equals + 1)..];
        }

        return args;
    }
}
