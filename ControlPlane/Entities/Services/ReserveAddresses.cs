using System.Collections.Immutable;
using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>These services want addresses, the first first; those of <paramref name="Kept"/> keep what they have, and all others give it back.</summary>
public sealed record ReserveAddresses(ImmutableArray<AddressRequest> Requests, ImmutableHashSet<string> Kept) : ICommand<AddressesReserved>;
