namespace Axoneme.Policy;

/// <summary>
/// A label with its source, written <c>source:key=value</c>; an empty value is written <c>source:key</c>.
/// Sources: <c>k8s</c>, <c>reserved</c>, <c>cidr</c>, <c>fqdn</c>; <c>unspec</c> where none was given.
/// </summary>
public readonly record struct Label(string Source, string Key, string Value)
{
    /// <summary>Reads <c>k8s:app=web</c>, <c>reserved:host</c> or <c>app=web</c> (source <c>unspec</c>).</summary>
    /// <exception cref="FormatException">The key is empty.</exception>
    public static Label Parse(string text)
    {
        var equals = text.IndexOf('=');
        var name = equals < 0 ? text : text[..equals];
        var value = equals < 0 ? "" : text[(equals + 1)..];
        var colon = name.IndexOf(':');
        var source = colon <= 0 ? LabelSource.Unspecified : name[..colon];
        var key = name[(colon + 1)..];
        return key.Length > 0
            ? new Label(source, key, value)
            : throw new FormatException($"label \"{text}\" has no key; write it as source:key=value");
    }

    public override string ToString() => Value.Length == 0 ? $"{Source}:{Key}" : $"{Source}:{Key}={Value}";
}
