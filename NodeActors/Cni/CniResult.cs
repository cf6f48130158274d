using System.Text.Json;
using Axoneme.NodeActors.Network;

namespace Axoneme.NodeActors.Cni;

/// <summary>Writes the result of ADD. Source: CNI specification 1.0.0, "ADD Success"; before 1.0.0 an address also says its family.</summary>
internal static class CniResult
{
    private const int PodInterfaceIndex = 1;

    public static byte[] Write(string version, PodInterface pod)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", version);
            json.WriteStartArray("interfaces");
            WriteInterface(json, pod.HostName, pod.HostMac.ToString(), null);
            WriteInterface(json, pod.PodName, pod.Mac.ToString(), pod.Netns);
            json.WriteEndArray();
            json.WriteStartArray("ips");
            if (pod.Ipv4 is { } ipv4)
            {
                WriteAddress(json, version, "4", $"{ipv4}/32", PodInterface.Gateway4.ToString());
            }

            if (pod.Ipv6 is { } ipv6)
            {
                WriteAddress(json, version, "6", $"{ipv6}/128", PodInterface.Gateway6.ToString());
            }

            json.WriteEndArray();
            json.WriteStartArray("routes");
            if (pod.Ipv4 is not null)
            {
                WriteRoute(json, "0.0.0.0/0", PodInterface.Gateway4.ToString());
            }

            if (pod.Ipv6 is not null)
            {
                WriteRoute(json, "::/0", PodInterface.Gateway6.ToString());
            }

            json.WriteEndArray();
            json.WriteStartObject("dns");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteInterface(Utf8JsonWriter json, string name, string mac, string? sandbox)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("mac", mac);
        if (sandbox is not null)
        {
            json.WriteString("sandbox", sandbox);
        }

        json.WriteEndObject();
    }

    private static void WriteAddress(Utf8JsonWriter json, string version, string family, string address, string gateway)
    {
        json.WriteStartObject();
        if (version.StartsWith("0.", StringComparison.Ordinal))
        {
            json.WriteString("version", family);
        }

        json.WriteNumber("interface", PodInterfaceIndex);
        json.WriteString("address", address);
        json.WriteString("gateway", gateway);
        json.WriteEndObject();
    }

    private static void WriteRoute(Utf8JsonWriter json, string destination, string gateway)
    {
        json.WriteStartObject();
        json.WriteString("dst", destination);
        json.WriteString("gw", gateway);
        json.WriteEndObject();
    }
}
