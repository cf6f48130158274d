namespace Axoneme.Policy;

/// <summary>The errors of one object, bounded: beyond the first hundred they are only counted.</summary>
internal sealed class ErrorList
{
    private const int Shown = 100;
    private readonly List<PolicyError> _errors = [];
    private int _count;

    public bool IsFull => _count >= Shown;

    public void Add(string path, string message)
    {
        if (_count++ < Shown)
        {
            _errors.Add(new PolicyError(path, message));
        }
    }

    public IReadOnlyList<PolicyError> ToList() =>
        _count <= Shown ? _errors : [.. _errors, new PolicyError("", $"has {_count - Shown} more errors; correct these first")];
}
