using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Axoneme.Kubernetes;

/// <summary>Reads a YAML or JSON text that is a configuration and no Kubernetes object, within the same bounds as <see cref="YamlDocuments"/>.</summary>
public static class YamlValue
{
    /// <summary>The text's one document; null when there is none or it is empty.</summary>
    /// <exception cref="FormatException">It is not YAML, holds several documents, or is beyond a bound; the message says where.</exception>
    public static JsonElement? Read(string text)
    {
        if (text.Length > YamlLimits.Characters)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"has {text.Length} characters, at most {YamlLimits.Characters} are read"));
        }

        if (YamlCharacters.FindForbidden(text) is >= 0 and var at)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"holds the character U+{(int)text[at]:X4}, which YAML does not allow"));
        }

        JsonElement? found = null;
        try
        {
            var parser = new BoundedParser(text);
            var json = new YamlToJson(parser);
            var documents = 0;
            while (parser.MoveNext())
            {
                if (parser.Current is DocumentStart)
                {
                    if (++documents > 1)
                    {
                        throw new FormatException("holds several documents; write one");
                    }

                    parser.MoveNext();
                    found = json.ReadDocument().Body;
                }
            }
        }
        catch (YamlException error)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {error.Start.Line}: cannot be read as YAML: {error.Message}"), error);
        }
        catch (YamlProblemException problem)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {problem.Line}: {problem.Field}: {problem.Message}"), problem);
        }

        return found is { ValueKind: JsonValueKind.Null } ? null : found;
    }
}
