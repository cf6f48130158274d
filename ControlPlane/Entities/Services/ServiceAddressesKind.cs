using System.Collections.Immutable;
using Axoneme.ControlPlane.Engine;
using Axoneme.Persistence;
using Axoneme.Wire.Journal;
using Google.Protobuf;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>Which cluster addresses and node ports are whose: one entity, so that none is ever two services'.</summary>
public sealed class ServiceAddressesKind(ServiceAddressSpace space)
    : EntityKind<ImmutableSortedDictionary<string, ServiceLease>, ReserveAddresses, ServiceAddressesEvent>
{
    public const string KindName = "service-addresses";

    public static EntityAddress Address { get; } = new(KindName, "leases");

    public override string Name => KindName;

    public override int SnapshotEvery => 1000;  // the state is large beside its events

    public override ImmutableSortedDictionary<string, ServiceLease> Initial => ImmutableSortedDictionary.Create<string, ServiceLease>(StringComparer.Ordinal);

    protected override MessageParser<ServiceAddressesEvent> Events => ServiceAddressesEvent.Parser;

    public override Decision<ServiceAddressesEvent> Decide(
        ImmutableSortedDictionary<string, ServiceLease> state, CommandEnvelope<ReserveAddresses> envelope)
    {
        var reserved = AddressReservation.Reserve(state.Values, envelope.Command.Requests, envelope.Command.Kept, space);
        return new()
        {
            Events =
            [
                .. state.Keys.Where(service => !reserved.Leases.ContainsKey(service)).Select(service => new ServiceAddressesEvent { Released = service }),
                .. reserved.Leases.Values.Where(lease => !lease.Equals(state.GetValueOrDefault(lease.Service)))
                    .OrderBy(lease => lease.Service, StringComparer.Ordinal).Select(lease => new ServiceAddressesEvent { Leased = lease }),
            ],
            Reply = reserved,
        };
    }

    public override ImmutableSortedDictionary<string, ServiceLease> Apply(
        ImmutableSortedDictionary<string, ServiceLease> state, ServiceAddressesEvent happened) =>
        happened.EventCase == ServiceAddressesEvent.EventOneofCase.Leased
            ? state.SetItem(happened.Leased.Service, happened.Leased)
            : state.Remove(happened.Released);

    protected override string TypeOf(ServiceAddressesEvent happened) => happened.EventCase.ToString();

    protected override IMessage ToMessage(ImmutableSortedDictionary<string, ServiceLease> state) => new ServiceAddressesState { Leases = { state.Values } };

    protected override ImmutableSortedDictionary<string, ServiceLease> FromSnapshot(ReadOnlySpan<byte> snapshot) =>
        ServiceAddressesState.Parser.ParseFrom(snapshot).Leases.ToImmutableSortedDictionary(lease => lease.Service, lease => lease, StringComparer.Ordinal);
}
