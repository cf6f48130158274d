namespace Axoneme.Policy;

/// <summary>A member of <c>rules.dns</c>.</summary>
public sealed record DnsRule(DnsPattern Pattern) : RequestRule
{
    public override bool PermitsEverything => Pattern.IsEveryName;

    public override bool Permits(Request request) => request is DnsRequest dns && Pattern.Matches(dns.Name);
}
