using System.Globalization;
using System.Text.Json;

namespace Axoneme.Policy;

/// <summary>A JSON list being read, one member at a time, so that a long one holds no more memory than its text.</summary>
internal sealed class FieldList(JsonElement array, string path, ErrorList errors)
{
    public int Count => array.GetArrayLength();

    /// <summary>The members that are objects; the others are reported.</summary>
    public IEnumerable<FieldReader> Objects => array.EnumerateArray().Select((member, index) => FieldReader.Open(member, path, index, errors)).OfType<FieldReader>();

    /// <summary>The members that are text, with their paths; the others are reported.</summary>
    public IEnumerable<(string Value, string Path)> Strings
    {
        get
        {
            var index = 0;
            foreach (var member in array.EnumerateArray())
            {
                var at = PathOf(path, index++);
                if (FieldReader.Text(member, at, errors) is { } text)
                {
                    yield return (text, at);
                }
            }
        }
    }

    public static string PathOf(string list, int? index) => index is { } place ? string.Create(CultureInfo.InvariantCulture, $"{list}[{place}]") : list;
}
