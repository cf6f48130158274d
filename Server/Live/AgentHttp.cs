using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;

namespace Axoneme.Server.Live;

/// <summary>The agent's socket, read without blocking: what is shown here is what <c>axoneme</c> would print.</summary>
internal sealed class AgentHttp : IDisposable
{
    private readonly HttpClient _client;

    public AgentHttp(string socketPath) => _client = new HttpClient(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://agent"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <exception cref="HttpRequestException">No agent, or it refused.</exception>
    public async Task<T> GetAsync<T>(string route, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        await _client.GetFromJsonAsync(route, type, cancellationToken) ?? throw new HttpRequestException($"GET {route}: the agent answered null");

    public void Dispose() => _client.Dispose();
}
