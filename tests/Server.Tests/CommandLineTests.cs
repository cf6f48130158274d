using System.CommandLine;
using Axoneme.Server.AllInOne;
using Axoneme.Server.Node;

namespace Axoneme.Server.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--pod-cidr: \"10.0.0.0/33\" is not an IPv4 network", "--pod-cidr", "10.0.0.0/33")]
    [InlineData("--pod-cidr: \"fd00::/64\" is not an IPv4 network", "--pod-cidr", "fd00::/64")]
    [InlineData("--pod-cidr-v6: \"10.0.0.0/24\" is not an IPv6 network", "--pod-cidr-v6", "10.0.0.0/24")]
    [InlineData("--admin-address: \"9870\" is not an address with a port", "--admin-address", "9870")]
    [InlineData("contradict", "--live", "--no-live")]
    public void A_wrong_value_is_named_with_what_to_write(string expected, params string[] options)
    {
        var errors = AllInOneCommand.Create().Parse(options).Errors;

        Assert.Contains(expected, Assert.Single(errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_need_no_option() => Assert.Empty(AllInOneCommand.Create().Parse([]).Errors);

    [Fact]
    public void A_state_directory_has_one_server()
    {
        var directory = Directory.CreateTempSubdirectory("axoneme-lock-");
        var path = Path.Combine(directory.FullName, "server.pid");
        using (StateLock.Take(path))
        {
            Assert.StartsWith($"--state-dir {directory.FullName}: another axoneme-server uses it", Assert.Throws<ServerException>(() => StateLock.Take(path)).Message);
        }

        using (StateLock.Take(path))
        {
            // Free again.
        }

        directory.Delete(recursive: true);
    }
}
