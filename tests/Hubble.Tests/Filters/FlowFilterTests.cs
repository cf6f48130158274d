using Axoneme.Datapath.Layout;
using Axoneme.Hubble.Tests.Support;

namespace Axoneme.Hubble.Tests.Filters;

/// <summary>Against one flow: TCP from default/a (10.0.0.1:40312, identity 70001) to default/b (10.0.0.2:80, identity 70002), new and forwarded.</summary>
public class FlowFilterTests
{
    private readonly Flow _flow = Events.Decode(Events.Syn(EventType.New));

    [Theory]
    [InlineData("pod=default/a", true)]
    [InlineData("pod=b", true)]
    [InlineData("pod=other/a", false)]
    [InlineData("pod=c", false)]
    [InlineData("pod=c,default/b", true)]
    [InlineData("namespace=default", true)]
    [InlineData("namespace=defaul", false)]
    [InlineData("ip=10.0.0.2", true)]
    [InlineData("ip=10.0.0.0/30", true)]
    [InlineData("ip=10.0.1.0/24", false)]
    [InlineData("ip=fd00::/8", false)]
    [InlineData("port=80", true)]
    [InlineData("port=40312", true)]
    [InlineData("port=443", false)]
    [InlineData("port=443,80", true)]
    [InlineData("protocol=tcp", true)]
    [InlineData("protocol=6", true)]
    [InlineData("protocol=udp,icmp", false)]
    [InlineData("verdict=forwarded", true)]
    [InlineData("verdict=DROPPED", false)]
    [InlineData("identity=70002", true)]
    [InlineData("identity=2", false)]
    [InlineData("type=policy-verdict", true)]
    [InlineData("type=drop", false)]
    [InlineData("type=trace,new", true)]
    [InlineData("port=80&verdict=forwarded", true)]
    [InlineData("port=80&verdict=dropped", false)]
    [InlineData("", true)]
    public void A_filter_matches_or_not(string words, bool matches) => Assert.Equal(matches, Parse(words).Matches(_flow));

    [Theory]
    [InlineData("port=70000", "port \"70000\"")]
    [InlineData("ip=ten", "ip \"ten\"")]
    [InlineData("verdict=maybe", "verdict \"maybe\"")]
    [InlineData("type=l7", "type \"l7\"")]
    [InlineData("protocol=quic", "protocol \"quic\"")]
    [InlineData("colour=red", "\"colour\"")]
    public void A_word_that_means_nothing_is_named(string words, string named) =>
        Assert.Contains(named, Assert.Throws<FormatException>(() => Parse(words)).Message);

    private static FlowFilter Parse(string words) => FlowFilterParser.Parse(words
        .Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(word => word.Split('='))
        .Select(pair => KeyValuePair.Create(pair[0], pair[1])));
}
