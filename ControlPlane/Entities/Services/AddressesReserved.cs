using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>The answer to <see cref="ReserveAddresses"/>: each service that asked is in one of them.</summary>
public sealed record AddressesReserved(IReadOnlyDictionary<string, ServiceLease> Leases, IReadOnlyDictionary<string, AddressRefusal> Refusals);
