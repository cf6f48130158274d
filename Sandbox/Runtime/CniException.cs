namespace Axoneme.Sandbox.Runtime;

/// <summary>The plugin answered with an error object, or did not answer as the specification asks.</summary>
internal sealed class CniException(string command, uint code, string message) : Exception($"CNI {command}: {message} (code {code})")
{
    /// <summary>The specification's code; 0 when the plugin gave none.</summary>
    public uint Code { get; } = code;

    /// <summary>Code 11: the same call may succeed later.</summary>
    public bool IsTemporary => Code == 11;
}
