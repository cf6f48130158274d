using System.Net;
using System.Net.Sockets;
using Axoneme.NodeActors.Health;
using Microsoft.Extensions.Logging;

namespace Axoneme.NodeActors.Services;

/// <summary>
/// Tells load balancers outside which nodes have endpoints of a service: on the service's <c>healthCheckNodePort</c> it answers 200, or 503 when there is none, with the
/// count, as kube-proxy and Cilium do.
/// </summary>
/// <param name="make">Makes a socket in the node's network namespace.</param>
/// <param name="logger">Where it logs.</param>
internal sealed class ServiceHealthChecks(Func<Func<Socket>, Socket> make, ILogger logger) : IAsyncDisposable
{
    private readonly Dictionary<ServiceOwner, HealthCheckPlan> _checks = [];
    private HttpResponder? _responder;
    private volatile IReadOnlyDictionary<int, (string Service, int LocalEndpoints)> _answers = new Dictionary<int, (string, int)>();

    /// <summary>Ports that could not be listened on, and ports that two services have, in words.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    /// <summary>Takes what changed; null for an owner that is gone.</summary>
    public void Update(IReadOnlyDictionary<ServiceOwner, ServicePlan?> changes)
    {
        foreach (var (owner, plan) in changes)
        {
            if (plan?.HealthCheck is { } check)
            {
                _checks[owner] = check;
            }
            else
            {
                _checks.Remove(owner);
            }
        }
    }

    /// <summary>Listens where services want it, and tries again where it could not.</summary>
    public void Listen(IReadOnlyCollection<IPAddress> addresses)
    {
        if (_checks.Count == 0 && _responder is null)
        {
            return;
        }

        var problems = new List<string>();
        var answers = new Dictionary<int, (string Service, int LocalEndpoints)>();
        foreach (var (owner, check) in _checks.OrderBy(pair => pair.Key))
        {
            if (!answers.TryAdd(check.Port, (owner.Name, check.LocalEndpoints)))
            {
                problems.Add($"{owner}: health check node port {check.Port} is service {answers[check.Port].Service}'s, which goes before it; give it another (spec.healthCheckNodePort)");
            }
        }

        _answers = answers;
        _responder ??= new HttpResponder(Answer, logger);
        var failures = _responder.Listen([.. answers.Keys.SelectMany(port => addresses.Select(address => new IPEndPoint(address, port)))], make);
        problems.AddRange(failures.Select(failure =>
            $"service {answers[failure.Place.Port].Service}: health check node port: listening on {failure.Place}: {failure.Reason}; free the port, or give the service another (spec.healthCheckNodePort)"));
        Problems = problems;
    }

    public ValueTask DisposeAsync() => _responder?.DisposeAsync() ?? ValueTask.CompletedTask;

    private HttpAnswer Answer(IPEndPoint place, string target)
    {
        if (!_answers.TryGetValue(place.Port, out var answer))
        {
            return new HttpAnswer("404 Not Found"); // it is about to be closed
        }

        var slash = answer.Service.IndexOf('/', StringComparison.Ordinal);
        return new HttpAnswer(
            answer.LocalEndpoints > 0 ? "200 OK" : "503 Service Unavailable",
            $$"""{"service":{"namespace":"{{answer.Service[..slash]}}","name":"{{answer.Service[(slash + 1)..]}}"},"localEndpoints":{{answer.LocalEndpoints}}}""",
            $"Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nX-Load-Balancing-Endpoint-Weight: {answer.LocalEndpoints}\r\n");
    }
}
