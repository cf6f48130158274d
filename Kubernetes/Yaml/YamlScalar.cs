using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Axoneme.Kubernetes;

/// <summary>
/// Types of plain scalars: YAML 1.2's core schema, with Kubernetes' reading (sigs.k8s.io/yaml) of a leading zero as octal. Quoted and block
/// scalars are text; so are yes, no, on and off.
/// </summary>
internal static partial class YamlScalar
{
    private const string StandardTag = "tag:yaml.org,2002:";

    /// <summary>Writes one scalar as a JSON value.</summary>
    public static void Write(Utf8JsonWriter writer, Scalar scalar, FieldPath path)
    {
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        if (tag is not ("" or "!" or StandardTag + "str" or StandardTag + "int" or StandardTag + "float" or StandardTag + "bool" or StandardTag + "null"))
        {
            throw new YamlProblemException((int)scalar.Start.Line, path.ToString(), $"tag {FieldPath.Shorten(tag)} is not known here; remove it");
        }

        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain || tag is "!" or StandardTag + "str")
        {
            writer.WriteStringValue(text);
            return;
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                writer.WriteNullValue();
                return;
            case "true" or "True" or "TRUE":
                writer.WriteBooleanValue(true);
                return;
            case "false" or "False" or "FALSE":
                writer.WriteBooleanValue(false);
                return;
        }

        if (MayBeNumber(text[0]))
        {
            WriteNumberOrText(writer, scalar, path);
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    private static bool MayBeNumber(char first) => char.IsAsciiDigit(first) || first is '+' or '-' or '.';

    private static void WriteNumberOrText(Utf8JsonWriter writer, Scalar scalar, FieldPath path)
    {
        var text = scalar.Value;
        if (DecimalInteger().IsMatch(text))
        {
            writer.WriteRawValue(text.TrimStart('+'), skipInputValidation: true);
        }
        else if (TryParseRadix(text, out var number))
        {
            writer.WriteNumberValue(number);
        }
        else if (Infinite().IsMatch(text))
        {
            throw new YamlProblemException((int)scalar.Start.Line, path.ToString(), $"{text} is no number JSON knows; write it in quotes if text is meant");
        }
        else if (Real().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real))
        {
            if (JsonReal().IsMatch(text))
            {
                writer.WriteRawValue(text, skipInputValidation: true);
            }
            else
            {
                writer.WriteNumberValue(real);
            }
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    private static bool TryParseRadix(string text, out long number)
    {
        number = 0;
        var negative = text[0] == '-';
        var digits = text.AsSpan(text[0] is '-' or '+' ? 1 : 0);
        if (digits.Length is < 2 or > 20 || digits[0] != '0')
        {
            return false;
        }

        var radix = digits[1] switch { 'x' or 'X' => 16, 'b' or 'B' => 2, 'o' or 'O' => 8, _ => 8 };
        digits = digits[(char.IsAsciiLetter(digits[1]) ? 2 : 1)..];
        if (digits.IsEmpty)
        {
            return false;
        }

        foreach (var digit in digits)
        {
            var value = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : radix;
            if (value >= radix || number > (long.MaxValue - value) / radix)
            {
                return false;
            }

            number = number * radix + value;
        }

        number = negative ? -number : number;
        return true;
    }

    [GeneratedRegex(@"\A[-+]?(0|[1-9][0-9]{0,39})\z")]
    private static partial Regex DecimalInteger();

    [GeneratedRegex(@"\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Real();

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)\.[0-9]+\z")]
    private static partial Regex JsonReal();

    [GeneratedRegex(@"\A([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z")]
    private static partial Regex Infinite();
}
