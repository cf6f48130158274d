using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Admin;
using Axoneme.Wire.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Axoneme.ControlPlane.Admin;

/// <summary>
/// Paths to views. Done by hand because ids contain slashes, also empty segments (<c>CiliumClusterwideNetworkPolicy//name</c>), written
/// as they are or as %2F.
/// </summary>
internal sealed class AdminRoutes(ControlPlaneView view)
{
    private const string Paths =
        "use GET /v1/actors[/{kind}[/{id}]], /v1/state/{kind}[?key=], /v1/manifests, /v1/nodes, /v1/services[/{namespace}/{name}], /healthz or /metrics, "
        + "or POST /v1/policy/explain or /v1/policy/diff";

    /// <summary>A question about policies takes a processor for as long as it lasts; one at a time leaves the others to the control plane.</summary>
    private readonly SemaphoreSlim _asking = new(1);

    private static readonly RecordKind[] s_recordKinds = [.. Enum.GetValues<RecordKind>().Where(kind => kind != RecordKind.Unspecified)];

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context).ConfigureAwait(false);
        }
        catch (UnknownEntityKindException unknown)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, unknown.Message, "ask for one of these; GET /v1/actors lists them").ConfigureAwait(false);
        }
        catch (EntityFailedException damaged)
        {
            await FailAsync(context, StatusCodes.Status500InternalServerError, damaged.Message, "see the server's log").ConfigureAwait(false);
        }
        catch (InvalidRequestException invalid)
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, invalid.Message, invalid.Fix).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (unreadable is JournalUnavailableException or JournalDamagedException)
        {
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, unreadable.Message, "see /healthz").ConfigureAwait(false);
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            return context.Request.Path.Value switch
            {
                PolicyRoutes.Explain =>
                    AskAsync(context, AdminPolicyJson.Default.PolicyExplainRequest, view.Policies.Explain, AdminPolicyJson.Default.PolicyExplanationView),
                PolicyRoutes.Diff =>
                    AskAsync(context, AdminPolicyJson.Default.PolicyDiffRequest, view.Policies.Diff, AdminPolicyJson.Default.PolicyDiffView),
                _ => NotAllowedAsync(context),
            };
        }
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            return NotAllowedAsync(context);
        }
        // The server has decoded the path but for %2F, which it keeps apart from a slash; here they mean the same.
        var path = (context.Request.Path.Value ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var parts = path.Trim('/').Split('/', 4);
        return parts switch
        {
            ["v1", "policy", "explain" or "diff"] => NotAllowedAsync(context),
            ["v1", "actors"] => SendAsync(context, view.Kinds(), AdminJson.Default.ActorKindsView),
            ["v1", "actors", var kind] => SendAsync(context, view.Actors(kind), AdminJson.Default.ActorListView),
            ["v1", "actors", var kind, var id] => SendActorAsync(context, new EntityAddress(kind, id)),
            ["v1", "state", var kind] => SendStateAsync(context, kind),
            ["v1", "manifests"] => SendAsync(context, view.Manifests(), AdminJson.Default.ManifestsView),
            ["v1", "nodes"] => SendAsync(context, view.Nodes(), AdminJson.Default.NodesView),
            ["v1", "services"] => SendAsync(context, view.Services(), AdminJson.Default.ServicesView),
            ["v1", "services", var ns, var name] => SendServiceAsync(context, ns, name),
            ["healthz"] => SendHealthAsync(context),
            ["metrics"] => SendMetricsAsync(context),
            _ => FailAsync(context, StatusCodes.Status404NotFound, $"there is nothing at {path}", Paths),
        };
    }

    /// <summary>Reads a question, has it answered and sends the answer.</summary>
    private async Task AskAsync<TQuestion, TAnswer>(
        HttpContext context, JsonTypeInfo<TQuestion> questionType, Func<TQuestion, TAnswer> answer, JsonTypeInfo<TAnswer> answerType)
    {
        TQuestion? question;
        try
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = PolicyRoutes.LargestBody;
            question = await JsonSerializer.DeserializeAsync(context.Request.Body, questionType, context.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException wrong)
        {
            var field = wrong.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "body";
            await FailAsync(context, StatusCodes.Status400BadRequest, $"{field}: {wrong.Message}", FieldsOf(questionType)).ConfigureAwait(false);
            return;
        }
        catch (BadHttpRequestException refused)
        {
            await FailAsync(context, refused.StatusCode, $"body: {refused.Message}", $"send at most {PolicyRoutes.LargestBody} bytes").ConfigureAwait(false);
            return;
        }
        if (question is null)
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, "body: is null", FieldsOf(questionType)).ConfigureAwait(false);
            return;
        }
        await _asking.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        TAnswer answered;
        try
        {
            answered = await Task.Run(() => answer(question), context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            _asking.Release();
        }
        await SendAsync(context, answered, answerType).ConfigureAwait(false);
    }

    private static string FieldsOf(JsonTypeInfo type) => $"send a JSON object with {string.Join(", ", type.Properties.Select(property => property.Name))}";

    private static Task NotAllowedAsync(HttpContext context) =>
        FailAsync(context, StatusCodes.Status405MethodNotAllowed, $"{context.Request.Method} is not supported here", Paths);

    private async Task SendActorAsync(HttpContext context, EntityAddress entity)
    {
        if (await view.ActorAsync(entity, context.RequestAborted).ConfigureAwait(false) is { } actor)
        {
            await SendAsync(context, actor, AdminJson.Default.ActorView).ConfigureAwait(false);
            return;
        }
        await FailAsync(context, StatusCodes.Status404NotFound, $"no {entity.Kind} \"{entity.Id}\"", $"GET /v1/actors/{entity.Kind} lists those that exist")
            .ConfigureAwait(false);
    }

    private Task SendServiceAsync(HttpContext context, string ns, string name) => view.Service(ns, name) is { } service
        ? SendAsync(context, service, AdminJson.Default.ServiceView)
        : FailAsync(context, StatusCodes.Status404NotFound, $"no service \"{ns}/{name}\"", "GET /v1/services lists those that have traffic; one of type ExternalName has none");

    private Task SendStateAsync(HttpContext context, string name)
    {
        var kind = s_recordKinds.FirstOrDefault(kind => kind.ToString().Equals(name, StringComparison.OrdinalIgnoreCase));
        if (kind == RecordKind.Unspecified)
        {
            var known = string.Join(", ", s_recordKinds.Select(k => k.ToString().ToLowerInvariant()));
            return FailAsync(context, StatusCodes.Status404NotFound, $"no record kind \"{name}\"; there are {known}", "ask for one of these");
        }
        var state = view.State(kind, context.Request.Query.TryGetValue("key", out var key) ? key.ToString() : null);
        return SendAsync(context, state, AdminJson.Default.StateView);
    }

    private Task SendHealthAsync(HttpContext context)
    {
        var health = view.Health();
        context.Response.StatusCode = health.Reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return SendAsync(context, health, AdminJson.Default.HealthView);
    }

    private Task SendMetricsAsync(HttpContext context)
    {
        context.Response.ContentType = MetricsText.ContentType;
        return context.Response.WriteAsync(view.Metrics(), context.RequestAborted);
    }

    private static Task FailAsync(HttpContext context, int status, string error, string fix)
    {
        context.Response.StatusCode = status;
        return SendAsync(context, new AdminError(error, fix), AdminJson.Default.AdminError);
    }

    private static Task SendAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }
}
