namespace Axoneme.Kubernetes;

/// <summary>YAML that is well-formed and still refused.</summary>
internal sealed class YamlProblemException(int line, string field, string message) : Exception(message)
{
    public int Line { get; } = line;

    public string Field { get; } = field;
}
