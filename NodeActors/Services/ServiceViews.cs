using Axoneme.Datapath.Layout;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Services;

/// <summary>Services as the agent's socket tells them.</summary>
internal static class ServiceViews
{
    public static IReadOnlyList<ServiceView> Of(IEnumerable<InstalledFrontend> frontends) =>
    [
        .. frontends.Select(frontend => new ServiceView(
            frontend.Entry.Frontend, ServiceEnd.Text(frontend.Key), frontend.Kind?.ToString() ?? "unknown", frontend.Group.Key?.Owner.Name, FlagsOf(frontend.Entry.Flags),
            frontend.Entry.AffinityTicks == 0 ? null : (uint)((ulong)frontend.Entry.AffinityTicks * (1UL << ConntrackEntry.TickShift) / 1_000_000_000), BackendsOf(frontend)))
            .OrderBy(view => view.Id),
    ];

    public static string FlagsOf(ServiceFlags flags) =>
        string.Join(',', FlagNames.Where((_, bit) => ((int)flags & 1 << bit) != 0));

    private static readonly string[] FlagNames = ["external", "internal", "affinity", "source-ranges", "direct-return", "any-node"];

    private static IReadOnlyList<ServiceBackendView> BackendsOf(InstalledFrontend frontend)
    {
        var inside = frontend.Inside?.Ids.ToHashSet() ?? [];
        var outside = frontend.Outside?.Ids.ToHashSet() ?? [];
        return
        [
            .. frontend.Group.Backends.Values.Where(backend => IsIPv4(backend.Address.Address) == IsIPv4(frontend.Key.Address) && backend.Leave is null)
                .Where(backend => inside.Contains(backend.Id) || outside.Contains(backend.Id) || backend.IsTerminating).OrderBy(backend => backend.Address)
                .Select(backend => new ServiceBackendView(
                    backend.Id, backend.Address.ToString(), backend.IsTerminating ? "terminating" : "active", inside.Contains(backend.Id), outside.Contains(backend.Id))),
        ];
    }

    private static bool IsIPv4(IpAddressKey address) => address.ToIPAddress().AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
}
