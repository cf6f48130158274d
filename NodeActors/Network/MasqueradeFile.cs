using System.Net;

namespace Axoneme.NodeActors.Network;

/// <summary>The file that <see cref="MasqueradeExemptions"/> reads, as it changes. One that cannot be read keeps what was in force.</summary>
internal sealed class MasqueradeFile(string path)
{
    private string? _text;
    private bool _wasRead;
    private IReadOnlyList<IPNetwork> _networks = [];

    /// <summary>Why the file is not in force; null when it is.</summary>
    public string? Problem { get; private set; }

    /// <summary>What is exempt now. Before anything could be read nothing is said to be exempt beyond the defaults.</summary>
    public IReadOnlyList<IPNetwork> Read()
    {
        try
        {
            var text = File.Exists(path) ? File.ReadAllText(path) : null;
            if (!_wasRead || text != _text)
            {
                (_wasRead, _text) = (true, text);
                Problem = null;
                _networks = MasqueradeExemptions.Read(text);
            }
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            Problem = $"{path}: {exception.Message}; what was in force stays in force";
            _networks = _networks.Count > 0 ? _networks : MasqueradeExemptions.Read(null);
        }

        return _networks;
    }
}
