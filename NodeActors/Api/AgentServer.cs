using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axoneme.NodeActors.Cni;
using Axoneme.Wire.Agent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Api;

/// <summary>The agent's HTTP API on its Unix socket. Routes and messages: <see cref="AgentRoutes"/>.</summary>
internal sealed partial class AgentServer : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly WebApplication _app;
    private readonly ILogger _logger;

    private AgentServer(WebApplication app, string socketPath, ILogger logger) => (_app, SocketPath, _logger) = (app, socketPath, logger);

    public string SocketPath { get; }

    /// <summary>Opens the socket; one left over from before is replaced.</summary>
    /// <exception cref="NodeAgentException">The socket cannot be made.</exception>
    public static async Task<AgentServer> StartAsync(
        string socketPath, AgentApi api, CniServer cni, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        socketPath = Path.GetFullPath(socketPath);
        var directory = Path.GetDirectoryName(socketPath)!;

        // Bound in a directory only root may enter and moved when its mode is right: nobody else can connect in between.
        var hidden = Path.Combine(directory, $".{Path.GetFileName(socketPath)}.new");
        try
        {
            Directory.CreateDirectory(directory);
            Directory.CreateDirectory(hidden, OwnerOnly | UnixFileMode.UserExecute);
            var aside = Path.Combine(hidden, "s");
            File.Delete(aside);
            var server = new AgentServer(Build(aside, loggerFactory), socketPath, loggerFactory.CreateLogger<AgentServer>());
            server.Map(api, cni);
            await server._app.StartAsync(cancellationToken).ConfigureAwait(false);
            File.SetUnixFileMode(aside, OwnerOnly);
            File.Move(aside, socketPath, overwrite: true);
            Directory.Delete(hidden);
            return server;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or System.Net.Sockets.SocketException)
        {
            throw new NodeAgentException($"agent socket {socketPath}: {exception.Message}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(SocketPath);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(patience.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static WebApplication Build(string socketPath, ILoggerFactory loggerFactory)
    {
        // Empty: neither the environment's URLs nor a settings file nor signals are this server's business.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggerFactory);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(socketPath);
        });
        return builder.Build();
    }

    private void Map(AgentApi api, CniServer cni)
    {
        Get(AgentRoutes.Status, api.Status, AgentJson.Default.AgentStatus);
        Get(AgentRoutes.Endpoints, api.Views.Endpoints, AgentJson.Default.IReadOnlyListEndpointView);
        MapEndpointConfig(api);
        Get(AgentRoutes.Health, api.Health, AgentJson.Default.HealthReport);
        _app.MapPost(AgentRoutes.HealthProbe, Guarded(async context =>
            await WriteAsync(context, 200, await api.ProbeAsync(context.RequestAborted).ConfigureAwait(false), AgentJson.Default.HealthReport).ConfigureAwait(false)));
        _app.MapGet(AgentRoutes.Services, Guarded(async context =>
            await WriteAsync(context, 200, await api.ServicesAsync().ConfigureAwait(false), AgentJson.Default.IReadOnlyListServiceView).ConfigureAwait(false)));
        Get(AgentRoutes.BpfServices, api.BpfServices.Services, AgentJson.Default.IReadOnlyListBpfServiceView);
        Get(AgentRoutes.BpfFrontends, api.BpfServices.Frontends, AgentJson.Default.IReadOnlyListBpfFrontendView);
        Get(AgentRoutes.BpfBackends, api.BpfServices.Backends, AgentJson.Default.IReadOnlyListBpfBackendView);
        Get(AgentRoutes.BpfMaglev, api.BpfServices.Tables, AgentJson.Default.IReadOnlyListBpfMaglevView);
        Get(AgentRoutes.Identities, api.Views.Identities, AgentJson.Default.IReadOnlyListIdentityView);
        Get(AgentRoutes.Policies, api.Views.Policies, AgentJson.Default.IReadOnlyListPolicyView);
        Get(AgentRoutes.Maps, api.Maps, AgentJson.Default.IReadOnlyListMapView);
        Get(AgentRoutes.BpfEndpoints, api.Bpf.Endpoints, AgentJson.Default.IReadOnlyListBpfEndpointView);
        Get(AgentRoutes.BpfIpcache, api.Bpf.Ipcache, AgentJson.Default.IReadOnlyListBpfIpcacheView);
        Get(AgentRoutes.BpfPolicy, api.Bpf.Policy, AgentJson.Default.IReadOnlyListBpfPolicyView);
        Get(AgentRoutes.BpfConntrack, api.Bpf.Conntrack, AgentJson.Default.IReadOnlyListBpfConntrackView);
        Get(AgentRoutes.Nodes, api.Nodes.List, AgentJson.Default.IReadOnlyListClusterNodeView);
        Get(AgentRoutes.BpfTunnels, api.Nodes.Tunnels, AgentJson.Default.IReadOnlyListBpfTunnelView);
        Get(AgentRoutes.BpfNat, api.Bpf.Nat, AgentJson.Default.IReadOnlyListBpfNatView);
        _app.MapGet(AgentRoutes.Metrics, Guarded(async context =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            await context.Response.WriteAsync(api.Metrics(), context.RequestAborted).ConfigureAwait(false);
        }));
        _app.MapGet(AgentRoutes.Monitor, Guarded(api.MonitorAsync));
        _app.MapPost($"{AgentRoutes.Cni}/{{verb}}", new RequestDelegate(context => AnswerCniAsync(context, cni)));
        _app.MapFallback(new RequestDelegate(context => WriteAsync(
            context, 404, new AgentError($"{context.Request.Method} {context.Request.Path}: no such route", "plugin, CLI and agent must be of one version"), AgentJson.Default.AgentError)));
    }

    private void MapEndpointConfig(AgentApi api)
    {
        const string Route = $"{AgentRoutes.Endpoints}/{{id}}{AgentRoutes.EndpointConfig}";
        _app.MapGet(Route, Guarded(context => WriteAsync(context, 200, api.EndpointConfig(EndpointId(context)), AgentJson.Default.EndpointConfigView)));
        _app.MapPost(Route, Guarded(async context =>
        {
            var change = await ReadAsync(context, AgentJson.Default.EndpointConfigChange).ConfigureAwait(false);
            var now = await api.ConfigureEndpointAsync(EndpointId(context), change, context.RequestAborted).ConfigureAwait(false);
            await WriteAsync(context, 200, now, AgentJson.Default.EndpointConfigView).ConfigureAwait(false);
        }));
    }

    /// <exception cref="BadHttpRequestException">The route's id is no endpoint id.</exception>
    private static ushort EndpointId(HttpContext context)
    {
        var text = (string?)context.GetRouteValue("id");
        return ushort.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id) && id != 0
            ? id
            : throw new BadHttpRequestException($"endpoint \"{text}\": must be a number from 1 to {ushort.MaxValue}");
    }

    /// <exception cref="BadHttpRequestException">The body is not what it should be.</exception>
    private static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted).ConfigureAwait(false)
                ?? throw new BadHttpRequestException($"{context.Request.Path}: the body is null");
        }
        catch (JsonException exception)
        {
            throw new BadHttpRequestException($"{context.Request.Path}: {exception.Message}", exception);
        }
    }

    private void Get<T>(string route, Func<T> answer, JsonTypeInfo<T> type) =>
        _app.MapGet(route, Guarded(context => WriteAsync(context, 200, answer(), type)));

    private RequestDelegate Guarded(RequestDelegate handle) => async context =>
    {
        try
        {
            await handle(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left.
        }
        catch (NoSuchEndpointException exception)
        {
            await WriteAsync(context, 404, new AgentError(exception.Message, "`axoneme endpoint list` shows those it has."), AgentJson.Default.AgentError).ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception)
        {
            await WriteAsync(context, 400, new AgentError(exception.Message, null), AgentJson.Default.AgentError).ConfigureAwait(false);
        }
        catch (Exception exception) when (!context.Response.HasStarted && exception is not OutOfMemoryException)
        {
            Log.CallFailed(_logger, context.Request.Path, exception);
            await WriteAsync(context, 500, new AgentError(exception.Message, null), AgentJson.Default.AgentError).ConfigureAwait(false);
        }
    };

    private async Task AnswerCniAsync(HttpContext context, CniServer cni)
    {
        var version = CniConfig.Newest;
        var verb = (string?)context.GetRouteValue("verb") ?? "";
        CniError error;
        var status = 400;
        try
        {
            var call = await JsonSerializer.DeserializeAsync(context.Request.Body, AgentJson.Default.CniCall, context.RequestAborted).ConfigureAwait(false)
                ?? throw new CniException(CniCodes.Decoding, "the plugin's call is null");
            version = CniConfig.VersionOf(call.Config);
            var answer = await cni.HandleAsync(verb, call, context.RequestAborted).ConfigureAwait(false);
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(answer, context.RequestAborted).ConfigureAwait(false);
            return;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return; // The runtime gave up; a repeated call finds what is there.
        }
        catch (CniException exception)
        {
            error = exception.ToError(version);
            status = exception.Code < 100 && exception.Code is not (CniCodes.InputOutput or CniCodes.TryAgainLater or CniCodes.NotReady) ? 400 : 500;
        }
        catch (JsonException exception)
        {
            error = new CniError(version, CniCodes.Decoding, $"the plugin's call is not what the agent expects: {exception.Message}", "plugin and agent must be of one version");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Log.CallFailed(_logger, context.Request.Path, exception);
            error = new CniError(version, CniCodes.Internal, exception.Message, "see the agent's log");
            status = 500;
        }

        await WriteAsync(context, status, error, AgentJson.Default.CniError).ConfigureAwait(false);
    }

    private static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    private static partial class Log
    {
        [LoggerMessage(50, LogLevel.Error, "Call {Path} failed", EventName = "CallFailed")]
        public static partial void CallFailed(ILogger logger, string path, Exception exception);
    }
}
