namespace Axoneme.Testbed;

/// <summary>How a command ended.</summary>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Its output, or an exception that shows all of it.</summary>
    public string OrThrow() => ExitCode == 0
        ? Output
        : throw new InvalidOperationException($"`{Command}` ended with {ExitCode}\n{Output}{Error}");
}
