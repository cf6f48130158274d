namespace Axoneme.Datapath.Programs;

/// <summary>What a test run gave.</summary>
/// <param name="Verdict">The program's return value: TC_ACT_OK 0, TC_ACT_SHOT 2, TC_ACT_REDIRECT 7 …</param>
/// <param name="Output">The frame afterwards.</param>
/// <param name="Nanoseconds">Mean duration of one run.</param>
/// <param name="Mark">The mark it bears afterwards.</param>
public sealed record ProgramTestRunResult(int Verdict, ReadOnlyMemory<byte> Output, uint Nanoseconds, uint Mark);
