using System.Globalization;
using System.Text;

namespace Axoneme.NodeActors.Api;

/// <summary>Prometheus text exposition format 0.0.4.</summary>
internal sealed class MetricsText
{
    private readonly StringBuilder _text = new();

    /// <summary>Begins a metric; its samples follow.</summary>
    public MetricsText Gauge(string name, string help) => Begin(name, help, "gauge");

    /// <inheritdoc cref="Gauge"/>
    public MetricsText Counter(string name, string help) => Begin(name, help, "counter");

    /// <summary>Adds a sample of the metric begun last.</summary>
    public MetricsText Sample(double value, params ReadOnlySpan<(string Label, string Value)> labels)
    {
        _text.Append(_name);
        for (var i = 0; i < labels.Length; i++)
        {
            var escaped = labels[i].Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Label).Append("=\"").Append(escaped).Append('"');
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        return this;
    }

    public override string ToString() => _text.ToString();

    private string _name = "";

    private MetricsText Begin(string name, string help, string type)
    {
        _name = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }
}
