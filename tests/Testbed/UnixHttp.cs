using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Axoneme.Testbed;

/// <summary>GET on a Unix socket.</summary>
public static class UnixHttp
{
    /// <exception cref="HttpRequestException">Nobody answered, or with another status than 200.</exception>
    public static async Task<string> GetTextAsync(string socket, string path)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
        using var response = await client.GetAsync($"http://localhost{path}");
        var text = await response.Content.ReadAsStringAsync();
        return response.StatusCode == HttpStatusCode.OK
            ? text
            : throw new HttpRequestException($"GET {path}: {(int)response.StatusCode} {text}", null, response.StatusCode);
    }

    /// <inheritdoc cref="GetTextAsync"/>
    public static async Task<JsonElement> GetJsonAsync(string socket, string path)
    {
        using var document = JsonDocument.Parse(await GetTextAsync(socket, path));
        return document.RootElement.Clone();
    }
}
