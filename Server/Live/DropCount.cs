namespace Axoneme.Server.Live;

/// <summary>How often one kind of packet was dropped lately.</summary>
internal sealed record DropCount(Drop Drop, long Count, DateTimeOffset First, DateTimeOffset Last);
