using Axoneme.Datapath.Native;
using Axoneme.Datapath.Network;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Network;

public class NetworkNamespaceTests
{
    private readonly string _name = $"axt-{Environment.ProcessId}-{Guid.NewGuid():N}"[..20];

    [Fact]
    public void A_new_namespace_is_another_one_and_keeps_its_identity()
    {
        using var own = NetworkNamespace.Current();
        using var created = NetworkNamespace.Create(_name);
        try
        {
            Assert.False(created.IsSameAs(own));
            using var reopened = NetworkNamespace.OpenNamed(_name);
            Assert.True(reopened.IsSameAs(created));
            using var inside = created.Run(NetworkNamespace.Current);
            Assert.True(inside.IsSameAs(created));
            using var still = NetworkNamespace.Current();
            Assert.True(still.IsSameAs(own));
        }
        finally
        {
            Assert.True(NetworkNamespace.Delete(_name));
        }

        Assert.False(NetworkNamespace.Delete(_name));
        Assert.Equal(Errno.NoEntry, Assert.Throws<KernelException>(() => NetworkNamespace.OpenNamed(_name)).ErrorNumber);
    }

    [Fact]
    public void A_taken_name_is_refused_and_the_namespace_stays()
    {
        using var created = NetworkNamespace.Create(_name);
        try
        {
            Assert.Equal(Errno.Exists, Assert.Throws<KernelException>(() => NetworkNamespace.Create(_name)).ErrorNumber);
            using var still = NetworkNamespace.OpenNamed(_name);
            Assert.True(still.IsSameAs(created));
        }
        finally
        {
            NetworkNamespace.Delete(_name);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    public void A_name_that_would_leave_the_directory_is_refused(string name) =>
        Assert.Throws<KernelException>(() => NetworkNamespace.Create(name));

    [Fact]
    public void An_exception_inside_comes_out_as_it_was()
    {
        using var own = NetworkNamespace.Current();
        var failure = Assert.Throws<FormatException>(() => own.Run(() => throw new FormatException("inside")));
        Assert.Equal("inside", failure.Message);
    }

    [Fact]
    public void A_path_that_is_no_namespace_cannot_be_entered()
    {
        using var file = NetworkNamespace.Open("/etc/hostname");
        Assert.Equal(Errno.Invalid, Assert.Throws<KernelException>(() => file.Run(() => { })).ErrorNumber);
    }

    [Fact]
    public void A_sysctl_belongs_to_the_namespace_it_was_written_in()
    {
        using var node = new TestNode();
        using var other = new TestNode();
        node.Namespace.Run(() => Sysctl.Write("net/ipv4/conf/lo/forwarding", "1"));
        other.Namespace.Run(() => Sysctl.Write("net/ipv4/conf/lo/forwarding", "0"));
        Assert.Equal("1", node.Namespace.Run(() => Sysctl.Read("net/ipv4/conf/lo/forwarding")));
        Assert.Equal("0", other.Namespace.Run(() => Sysctl.Read("net/ipv4/conf/lo/forwarding")));
        Assert.Contains("sysctl net/absent", Assert.Throws<KernelException>(() => Sysctl.Write("net/absent", "1")).Message);
    }
}
