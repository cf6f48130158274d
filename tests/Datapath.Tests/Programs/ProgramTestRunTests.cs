using Axoneme.Datapath.Programs;
using Axoneme.Datapath.Tests.Support;

namespace Axoneme.Datapath.Tests.Programs;

public class ProgramTestRunTests
{
    [Fact]
    public void The_verdict_the_packet_and_the_duration_come_back()
    {
        using var run = new ProgramTestRun(TestPrograms.Returning(TestPrograms.Drop), "drop", owns: true);
        var packet = Enumerable.Range(0, 100).Select(i => (byte)i).ToArray();
        var result = run.Run(packet, repeat: 10_000);
        Assert.Equal(TestPrograms.Drop, result.Verdict);
        Assert.Equal(packet, result.Output.ToArray());
        Assert.InRange(result.Nanoseconds, 1u, 100_000u);
    }

    [Theory]
    [InlineData(40, 1)] // ifindex
    [InlineData(0, 64)] // len
    public void The_program_sees_the_interface_and_the_length(short offset, int value)
    {
        using var run = new ProgramTestRun(TestPrograms.ReturningField(offset), "field", owns: true);
        Assert.Equal(value, run.Run(new byte[64], ifindex: 1).Verdict);
    }

    [Fact]
    public void A_frame_without_a_whole_header_is_refused_by_the_kernel()
    {
        using var run = ProgramTestRun.LoadEmpty();
        var failure = Assert.Throws<KernelException>(() => run.Run(new byte[8]));
        Assert.Contains("program empty", failure.Message);
        Assert.Contains("8 bytes", failure.Message);
    }

    [Fact]
    public void The_node_s_programs_run_by_name()
    {
        using var node = new TestNode();
        using var datapath = node.Open();
        Assert.Equal(64, node.Namespace.Run(() => datapath.TestRun("from_pod").Run(new byte[64], ifindex: 1)).Output.Length);
        Assert.Contains("no program absent", Assert.Throws<KernelException>(() => datapath.TestRun("absent")).Message);
    }
}
