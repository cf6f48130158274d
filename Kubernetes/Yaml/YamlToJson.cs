using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Axoneme.Kubernetes;

/// <summary>Turns the events of YAML documents into JSON, and notes the lines. Aliases repeat the JSON their anchor produced, within a budget.</summary>
internal sealed class YamlToJson
{
    private readonly IParser _parser;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Dictionary<AnchorName, (int Start, int End, int Node)> _anchors = [];
    private readonly FieldPath _path = new();
    private readonly Utf8JsonWriter _writer;
    private YamlLines _lines = new();
    private int _aliasBytes = YamlLimits.AliasBytes;

    public YamlToJson(IParser parser)
    {
        _parser = parser;
        _writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    }

    /// <summary>Reads the node the parser stands at and everything below it; the anchors of other documents are not known.</summary>
    /// <exception cref="YamlProblemException">Well-formed and refused.</exception>
    /// <exception cref="YamlException">Not YAML.</exception>
    public (JsonElement Body, YamlLines Lines) ReadDocument()
    {
        var line = LineOf(_parser.Current!);
        _buffer.ResetWrittenCount();
        _writer.Reset();
        _anchors.Clear();
        _path.Clear();
        _lines = new YamlLines();
        ReadNode(line, null);
        _writer.Flush();
        _lines.Complete();
        var reader = new Utf8JsonReader(_buffer.WrittenSpan, new JsonReaderOptions { MaxDepth = YamlLimits.Depth + 1 });
        try
        {
            return (JsonElement.ParseValue(ref reader), _lines);
        }
        catch (JsonException tooDeep)
        {
            // The parser bounds what is written; an alias nests what it repeats below its own place.
            throw new YamlProblemException(line, "", $"is nested more than {YamlLimits.Depth} levels deep once its aliases are written out; write fewer levels ({tooDeep.Message})");
        }
    }

    private int Position => _buffer.WrittenCount + _writer.BytesPending;

    /// <param name="line">Where the value is written, or its field's name.</param>
    /// <param name="name">Its field's name; null when it has none.</param>
    private void ReadNode(int line, string? name)
    {
        var place = _lines.Begin(line, name);
        var start = Position;
        var anchor = _parser.Current is NodeEvent { Anchor.IsEmpty: false } node ? node.Anchor : AnchorName.Empty;
        switch (_parser.Current)
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
                throw Problem(_parser.Current!, "a value is missing");
        }

        _lines.End(place);
        _parser.MoveNext();
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = (start, Position, place);
        }
    }

    private void ReadSequence(SequenceStart sequence)
    {
        CheckTag(sequence, sequence.Tag);
        _writer.WriteStartArray();
        _parser.MoveNext();
        for (var i = 0; _parser.Current is not SequenceEnd; i++)
        {
            _path.Enter(i);
            ReadNode(LineOf(_parser.Current!), null);
            _path.Leave();
        }

        _writer.WriteEndArray();
    }

    private void ReadMapping(MappingStart mapping)
    {
        CheckTag(mapping, mapping.Tag);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        _writer.WriteStartObject();
        _parser.MoveNext();
        while (_parser.Current is not MappingEnd)
        {
            if (_parser.Current is not Scalar key)
            {
                throw Problem(_parser.Current!, "a field's name must be plain text");
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
            _parser.MoveNext();
            ReadNode(LineOf(key), key.Value);
            _path.Leave();
        }

        _writer.WriteEndObject();
    }

    private void RepeatAnchor(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out var anchor))
        {
            throw Problem(alias, $"*{FieldPath.Shorten(alias.Value.Value)} refers to an anchor that is not defined before it in this document");
        }

        _aliasBytes -= anchor.End - anchor.Start;
        if (_aliasBytes < 0)
        {
            throw Problem(alias, $"aliases repeat more than {YamlLimits.AliasBytes >> 10} KiB; write the values out");
        }

        _writer.Flush();

        // Copied, because writing may move the buffer; a list separator in front belongs to the first place.
        var json = _buffer.WrittenSpan[anchor.Start..anchor.End].ToArray().AsSpan();
        _writer.WriteRawValue(json[0] == (byte)',' ? json[1..] : json, skipInputValidation: true);
        _lines.Repeat(anchor.Node);
    }

    private void CheckTag(ParsingEvent at, TagName tag)
    {
        if (!tag.IsEmpty && tag.Value is not ("!" or "tag:yaml.org,2002:map" or "tag:yaml.org,2002:seq"))
        {
            throw Problem(at, $"tag {FieldPath.Shorten(tag.Value)} is not known here; remove it");
        }
    }

    private YamlProblemException Problem(ParsingEvent at, string message) => new(LineOf(at), _path.ToString(), message);

    private static int LineOf(ParsingEvent at) => (int)at.Start.Line;
}
