using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Services;

/// <summary>Who wants an address and port, and who of them has it.</summary>
internal sealed class FrontendClaims
{
    private readonly Dictionary<ServiceKey, Claim> _first = [];
    private readonly Dictionary<ServiceKey, SortedSet<Claim>> _others = [];

    public ServiceOwner? OwnerOf(ServiceKey frontend) => _first.TryGetValue(frontend, out var claim) ? claim.Owner : null;

    /// <summary>An owner's plan became another one. Returns the other owners that gained or lost a frontend by that.</summary>
    public IReadOnlySet<ServiceOwner> Update(ServicePlan? before, ServicePlan? after)
    {
        var affected = new HashSet<ServiceOwner>();
        var now = after?.Frontends.ToDictionary(frontend => frontend.Key, frontend => new Claim(frontend.Kind, after.Owner)) ?? [];
        foreach (var frontend in before?.Frontends ?? [])
        {
            var claim = new Claim(frontend.Kind, before!.Owner);
            if (!now.TryGetValue(frontend.Key, out var kept) || kept != claim)
            {
                Withdraw(frontend.Key, claim, affected);
            }
        }

        foreach (var (frontend, claim) in now)
        {
            Stake(frontend, claim, affected);
        }

        return affected;
    }

    private void Stake(ServiceKey frontend, Claim claim, HashSet<ServiceOwner> affected)
    {
        if (!_first.TryGetValue(frontend, out var first))
        {
            _first[frontend] = claim;
        }
        else if (first != claim)
        {
            if (!_others.TryGetValue(frontend, out var others))
            {
                _others[frontend] = others = [];
            }

            if (claim.CompareTo(first) < 0)
            {
                others.Add(first);
                others.Remove(claim);
                _first[frontend] = claim;
                affected.UnionWith(others.Select(other => other.Owner));
            }
            else
            {
                others.Add(claim);
            }
        }
    }

    private void Withdraw(ServiceKey frontend, Claim claim, HashSet<ServiceOwner> affected)
    {
        var others = _others.GetValueOrDefault(frontend);
        if (_first[frontend] != claim)
        {
            others!.Remove(claim);
        }
        else if (others?.Min is { } next)
        {
            others.Remove(next);
            _first[frontend] = next;

            // Those that still have not got it name another owner in their problem.
            affected.UnionWith(others.Select(other => other.Owner).Append(next.Owner));
        }
        else
        {
            _first.Remove(frontend);
        }

        if (others?.Count == 0)
        {
            _others.Remove(frontend);
        }
    }

    private sealed record Claim(FrontendKind Kind, ServiceOwner Owner) : IComparable<Claim>
    {
        public int CompareTo(Claim? other) => other is null ? 1 : Kind != other.Kind ? Kind.CompareTo(other.Kind) : Owner.CompareTo(other.Owner);
    }
}
