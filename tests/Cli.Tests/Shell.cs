namespace Axoneme.Cli.Tests;

/// <summary>Runs a command line in this process and collects what it prints.</summary>
internal static class Shell
{
    public static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        var code = AxonemeCommand.Run(args, output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
