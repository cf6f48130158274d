namespace Axoneme.Policy.Tests.Fuzz;

/// <summary>Tests that measure time and the process's memory: no other test runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "measured alone";
}
