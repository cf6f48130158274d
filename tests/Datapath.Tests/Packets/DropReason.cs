namespace Axoneme.Datapath.Tests.Packets;

/// <summary><c>enum drop_reason</c>.</summary>
internal enum DropReason : byte
{
    None = 0,
    InvalidSourceMac = 130,
    InvalidSourceIp = 132,
    Policy = 133,
    Invalid = 134,
    InvalidL4Header = 135,
    UnknownProtocol = 137,
    UnsupportedL3 = 139,
    NoTunnelKey = 147,
    StaleOrUnroutableIp = 151,
    NoLocalEndpoint = 152,
    InvalidExtensionHeader = 156,
    TooLong = 157,
    NoService = 158,
    NoTunnelEndpoint = 160,
    NoNatMapping = 167,
    UnknownNatProtocol = 168,
    InvalidIdentity = 171,
    UnknownSender = 172,
    FragmentNotFound = 175,
    ForbiddenIcmp6 = 176,
    NotInSourceRange = 177,
    PolicyDeny = 181,
}
