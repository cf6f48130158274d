namespace Axoneme.Cli;

/// <summary>What the process's exit code says.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The agent refused, what was asked for does not exist, or <c>status</c> shows a problem.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>There is no agent to ask.</summary>
    public const int Unreachable = 3;
}
