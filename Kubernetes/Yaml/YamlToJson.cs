using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Axoneme.Kubernetes;

/// <summary>Turns the events of one YAML document into JSON. Aliases repeat the JSON their anchor produced, within a budget.</summary>
internal sealed class YamlToJson(IParser parser)
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Dictionary<AnchorName, (int Start, int End)> _anchors = [];
    private readonly FieldPath _path = new();
    private Utf8JsonWriter _writer = null!;
    private int _aliasBytes = YamlLimits.AliasBytes;

    /// <summary>Reads the node the parser stands at and everything below it; the anchors of other documents are not known.</summary>
    /// <exception cref="YamlProblemException">Well-formed and refused.</exception>
    /// <exception cref="YamlException">Not YAML.</exception>
    public JsonElement ReadDocument()
    {
        var line = (int)(parser.Current?.Start.Line ?? 1);
        _buffer.ResetWrittenCount();
        _anchors.Clear();
        _path.Clear();
        using (_writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            ReadNode();
        }

        var reader = new Utf8JsonReader(_buffer.WrittenSpan, new JsonReaderOptions { MaxDepth = YamlLimits.Depth + 1 });
        try
        {
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException tooDeep)
        {
            // The parser bounds what is written; an alias nests what it repeats below its own place.
            throw new YamlProblemException(line, "", $"is nested more than {YamlLimits.Depth} levels deep once its aliases are written out; write fewer levels ({tooDeep.Message})");
        }
    }

    private int Position => _buffer.WrittenCount + _writer.BytesPending;

    private void ReadNode()
    {
        var start = Position;
        var anchor = parser.Current is NodeEvent { Anchor.IsEmpty: false } node ? node.Anchor : AnchorName.Empty;
        switch (parser.Current)
        {
            case Scalar scalar:
                YamlScalar.Write(_writer, scalar, _path);
                break;
            case SequenceStart sequence:
                ReadSequence(sequence);
                break;
            case MappingStart mapping:
                ReadMapping(mapping);
                break;
            case AnchorAlias alias:
                RepeatAnchor(alias);
                break;
            default:
                throw Problem(parser.Current!, "a value is missing");
        }

        parser.MoveNext();
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = (start, Position);
        }
    }

    private void ReadSequence(SequenceStart sequence)
    {
        CheckTag(sequence, sequence.Tag);
        _writer.WriteStartArray();
        parser.MoveNext();
        for (var i = 0; parser.Current is not SequenceEnd; i++)
        {
            _path.Enter(i);
            ReadNode();
            _path.Leave();
        }

        _writer.WriteEndArray();
    }

    private void ReadMapping(MappingStart mapping)
    {
        CheckTag(mapping, mapping.Tag);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        _writer.WriteStartObject();
        parser.MoveNext();
        while (parser.Current is not MappingEnd)
        {
            if (parser.Current is not Scalar key)
            {
                throw Problem(parser.Current!, "a field's name must be plain text");
            }

            if (key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                throw Problem(key, "merging with << is not supported; write the fields out");
            }

            _path.Enter(key.Value);
            if (!keys.Add(key.Value))
            {
                throw Problem(key, "is written twice; keep one");
            }

            _writer.WritePropertyName(key.Value);
            parser.MoveNext();
            ReadNode();
            _path.Leave();
        }

        _writer.WriteEndObject();
    }

    private void RepeatAnchor(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out var range))
        {
            throw Problem(alias, $"*{alias.Value} refers to an anchor that is not defined before it in this document");
        }

        _aliasBytes -= range.End - range.Start;
        if (_aliasBytes < 0)
        {
            throw Problem(alias, $"aliases repeat more than {YamlLimits.AliasBytes >> 10} KiB; write the values out");
        }

        _writer.Flush();

        // Copied, because writing may move the buffer; a list separator in front belongs to the first place.
        var json = _buffer.WrittenSpan[range.Start..range.End].ToArray().AsSpan();
        _writer.WriteRawValue(json[0] == (byte)',' ? json[1..] : json, skipInputValidation: true);
    }

    private void CheckTag(ParsingEvent at, TagName tag)
    {
        if (!tag.IsEmpty && tag.Value is not ("!" or "tag:yaml.org,2002:map" or "tag:yaml.org,2002:seq"))
        {
            throw Problem(at, $"tag {tag.Value} is not known here; remove it");
        }
    }

    private YamlProblemException Problem(ParsingEvent at, string message) => new((int)at.Start.Line, _path.ToString(), message);
}
