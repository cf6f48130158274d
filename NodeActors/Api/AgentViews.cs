using System.Text.Json;
using Axoneme.NodeActors.Endpoints;
using Axoneme.NodeActors.State;
using Axoneme.Policy;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Api;

/// <summary>What the agent believes, as its socket tells it.</summary>
internal sealed class AgentViews(StateActor state, EndpointService endpoints, BpfViews bpf)
{
    public IReadOnlyList<EndpointView> Endpoints()
    {
        var view = state.View;
        return [.. endpoints.Judged.OrderBy(endpoint => endpoint.Id).Select(endpoint => View(endpoint, view.Endpoints.GetValueOrDefault(endpoint.Id)))];
    }

    public IReadOnlyList<IdentityView> Identities()
    {
        var view = state.View;
        return
        [
            .. ReservedIdentity.All.Concat(view.State.Identities.Keys).Concat(view.LocalLabels.Keys).Distinct().Order()
                .Select(number => new IdentityView(number, bpf.LabelsOf(number))),
        ];
    }

    public IReadOnlyList<PolicyView> Policies()
    {
        var policies = new List<PolicyView>();
        foreach (var record in state.View.State.Records.Values.Where(r => r.Policy is not null).OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            using var document = ParseOrQuote(record.Policy.Json);
            policies.Add(new PolicyView(
                record.Policy.Kind, record.Policy.Namespace, record.Policy.Name, record.Policy.Source, record.Revision, document.RootElement.Clone()));
        }

        return policies;
    }

    /// <summary>Cilium's word for where an endpoint is in its life.</summary>
    public static string StateOf(Endpoint endpoint, EndpointStatus? status) =>
        !endpoint.IsReady || status is null || !status.IsWritten || status.Problem is not null ? "regenerating"
        : status.Identity == ReservedIdentity.Init ? "waiting-for-identity"
        : "ready";

    private EndpointView View(Endpoint endpoint, EndpointStatus? status)
    {
        var flags = status?.Entry.Flags ?? default;
        return new EndpointView(
            endpoint.Id, endpoint.ContainerId, endpoint.Namespace, endpoint.Pod, StateOf(endpoint, status), status?.Identity ?? ReservedIdentity.Init,
            status?.Labels.ToStrings() ?? [], endpoint.Interface.Ipv4?.ToString(), endpoint.Interface.Ipv6?.ToString(), endpoint.IsHost ? "" : endpoint.Interface.Mac.ToString(),
            endpoint.Interface.HostName, endpoint.Ifindex, flags.HasFlag(Datapath.Layout.EndpointFlags.IngressEnforced),
            flags.HasFlag(Datapath.Layout.EndpointFlags.EgressEnforced), status?.Entry.PolicyId ?? 0,
            (status?.Entry.PolicyRevision ?? 0) & ~Datapath.Layout.EndpointEntry.AuditRevision, status?.Problem)
        {
            PolicyAuditMode = endpoints.IsAudited(endpoint),
        };
    }

    /// <summary>A document that does not parse is shown as the text it is.</summary>
    private static JsonDocument ParseOrQuote(string json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException)
        {
            return JsonDocument.Parse($"\"{JsonEncodedText.Encode(json)}\"");
        }
    }
}
