using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.Tests.Fakes;
using Axoneme.Wire.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>What load balancers outside learn on a service's health check port, by real connections on loopback.</summary>
public sealed class ServiceHealthChecksTests : IAsyncLifetime
{
    private static readonly IPAddress[] _addresses = [IPAddress.Parse("127.0.0.1"), IPAddress.Parse("127.0.0.5"), IPAddress.IPv6Loopback];
    private readonly ServiceHealthChecks _checks = new(make => make(), NullLogger.Instance);
    private readonly HttpClient _client = new();
    private readonly ushort _port = FreePort();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _checks.DisposeAsync();
    }

    [Theory]
    [InlineData(2, HttpStatusCode.OK)]
    [InlineData(0, HttpStatusCode.ServiceUnavailable)]
    public async Task A_node_says_at_each_address_how_many_endpoints_it_has(int endpoints, HttpStatusCode status)
    {
        Set("shop/web", _port, endpoints);
        foreach (var host in new[] { "127.0.0.1", "127.0.0.5", "[::1]" })
        {
            using var response = await _client.GetAsync(new Uri($"http://{host}:{_port}/healthz"));
            Assert.Equal((status, "application/json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
            Assert.Equal($"{endpoints}", Assert.Single(response.Headers.GetValues("X-Load-Balancing-Endpoint-Weight")));
            var body = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(("shop", "web", endpoints), (
                body.GetProperty("service").GetProperty("namespace").GetString(), body.GetProperty("service").GetProperty("name").GetString(), body.GetProperty("localEndpoints").GetInt32()));
        }

        Assert.Empty(_checks.Problems);
    }

    [Fact]
    public async Task Listening_follows_the_service()
    {
        Set("shop/web", _port, 1);
        Set("shop/web", _port, 0);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(_port));
        var other = FreePort();
        Set("shop/web", other, 1);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(other));
        await Assert.ThrowsAsync<HttpRequestException>(() => StatusAsync(_port));
        Set("shop/web", null, 0);
        await Assert.ThrowsAsync<HttpRequestException>(() => StatusAsync(other));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_problem_until_it_is_free()
    {
        using (var taken = new TcpListener(IPAddress.Parse("127.0.0.5"), _port))
        {
            taken.Start();
            Set("shop/web", _port, 1);
            var problem = Assert.Single(_checks.Problems);
            Assert.StartsWith($"service shop/web: health check node port: listening on 127.0.0.5:{_port}: ", problem);
            Assert.Contains("spec.healthCheckNodePort", problem);
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(_port));
        }

        _checks.Listen(_addresses);
        Assert.Empty(_checks.Problems);
    }

    [Fact]
    public async Task Of_two_services_with_one_port_the_lesser_name_has_it()
    {
        Set("shop/web", _port, 1);
        Set("shop/api", _port, 0);
        Assert.Contains($"service shop/web: health check node port {_port} is service shop/api's", Assert.Single(_checks.Problems));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(_port));
        Set("shop/api", null, 0);
        Assert.Empty(_checks.Problems);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(_port));
    }

    [Fact]
    public async Task An_agent_answers_for_the_services_it_knows()
    {
        await using var node = new TestNode();
        node.Network.Own.Add(IPAddress.Loopback);
        node.Network.Own.Remove(IPAddress.Parse("192.0.2.1"));
        await node.StartAsync();
        var service = ServiceRecords.Service("web", "10.96.0.1");
        (service.Type, service.ExternalTrafficLocal, service.HealthCheckNodePort) = ("LoadBalancer", true, _port);
        await node.PublishAsync(ServiceRecords.Record(service), ServiceRecords.Record(ServiceRecords.Slice("web", ServiceRecords.Endpoint("10.1.0.2", node: "node-a"))));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(_port));
        await node.PublishAsync(ServiceRecords.Record(ServiceRecords.Slice("web", ServiceRecords.Endpoint("10.2.0.5"))));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(_port));
        using (var taken = new TcpListener(IPAddress.Loopback, 0))
        {
            taken.Start();
            service.HealthCheckNodePort = (uint)((IPEndPoint)taken.LocalEndpoint).Port;
            await node.PublishAsync(ServiceRecords.Record(service));
            Assert.Contains(node.Agent!.GetStatus().Problems, problem => problem.StartsWith("service default/web: health check node port: ", StringComparison.Ordinal));
        }
    }

    private async Task<HttpStatusCode> StatusAsync(int port)
    {
        using var response = await _client.GetAsync(new Uri($"http://127.0.0.1:{port}/"));
        return response.StatusCode;
    }

    private void Set(string service, ushort? port, int endpoints)
    {
        var owner = new ServiceOwner(false, service);
        var plan = new ServicePlan(owner, [], []) { HealthCheck = port is { } there ? new HealthCheckPlan(there, endpoints) : null };
        _checks.Update(new Dictionary<ServiceOwner, ServicePlan?> { [owner] = plan });
        _checks.Listen(_addresses);
    }

    private static ushort FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (ushort)((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
