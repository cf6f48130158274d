namespace Axoneme.EndToEnd.Policies;

/// <summary>What the other cases stand on.</summary>
[Collection(PolicyCollection.Name)]
public sealed class BedTests(PolicyBed bed)
{
    [Fact]
    public Task Without_policy_everyone_reaches_everyone() => bed.ExpectAsync("""
        client, clerk, stranger, host, office, printer, abroad -> api, db, db-next    pass: tcp/8080 udp/8080 ping icmp4/13 icmp6/200
        api, db, db-next -> client, stranger, host, office, printer, abroad           pass: tcp/8080 udp/8080 ping icmp4/13 icmp6/200
        """);
}
