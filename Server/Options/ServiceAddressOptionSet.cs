using System.CommandLine;
using System.Net;
using Axoneme.ControlPlane.Entities.Services;

namespace Axoneme.Server.Options;

/// <summary>What services are given that name no address of their own.</summary>
internal sealed class ServiceAddressOptionSet
{
    private readonly Option<IReadOnlyList<IPNetwork>> _ipv4 = ServiceCidr("--service-cidr", 4, "10.96.0.0/16");
    private readonly Option<IReadOnlyList<IPNetwork>> _ipv6 = ServiceCidr("--service-cidr-v6", 6, "fd00:10:96::/112");

    public void AddTo(Command command)
    {
        command.Add(_ipv4);
        command.Add(_ipv6);
    }

    public ServiceAddressSpace Read(ParseResult parsed) =>
        new(parsed.GetRequiredValue(_ipv4) is [var ipv4] ? ipv4 : null, parsed.GetRequiredValue(_ipv6) is [var ipv6] ? ipv6 : null);

    private static Option<IReadOnlyList<IPNetwork>> ServiceCidr(string name, int family, string byDefault) => CommandLine.ValueOrNone(
        name, "cidr", $"IPv{family} addresses for services that name none; none for no such services.", byDefault, text => CommandLine.Network(text, family));
}
