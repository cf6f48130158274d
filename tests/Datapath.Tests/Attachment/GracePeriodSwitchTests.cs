using Axoneme.Datapath.Attachment;

namespace Axoneme.Datapath.Tests.Attachment;

public sealed class GracePeriodSwitchTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("axoneme-rcu-");

    public GracePeriodSwitchTests() => File.WriteAllText(Setting, "0\n");

    private string Setting => Path.Combine(_directory.FullName, "rcu_expedited");

    private string Marker => Path.Combine(_directory.FullName, "marker");

    [Fact]
    public void The_way_back_is_written_down_while_the_setting_is_changed()
    {
        var periods = new GracePeriodSwitch(Setting, Marker);
        periods.Begin();
        Assert.Equal(("1", 1L), (Value(), new FileInfo(Marker).Length));

        periods.End();
        Assert.Equal(("0", false), (Value(), File.Exists(Marker)));
    }

    [Fact]
    public void The_next_process_puts_back_what_a_killed_one_left_on()
    {
        LeaveAsIfKilled();

        new GracePeriodSwitch(Setting, Marker).RestoreLeftOver();

        Assert.Equal(("0", false), (Value(), File.Exists(Marker)));
    }

    [Fact]
    public void The_next_attachment_puts_it_back_too()
    {
        LeaveAsIfKilled();
        var next = new GracePeriodSwitch(Setting, Marker);
        next.Begin();
        next.End();

        Assert.Equal(("0", false), (Value(), File.Exists(Marker)));
    }

    [Fact]
    public void A_living_holder_keeps_its_setting_whoever_else_comes()
    {
        var holder = new GracePeriodSwitch(Setting, Marker);
        var other = new GracePeriodSwitch(Setting, Marker);
        holder.Begin();

        other.RestoreLeftOver();
        other.Begin();
        other.End();
        Assert.Equal(("1", true), (Value(), File.Exists(Marker)));

        holder.End();
        Assert.Equal(("0", false), (Value(), File.Exists(Marker)));
    }

    [Fact]
    public void An_administrators_setting_stays()
    {
        File.WriteAllText(Setting, "1\n");
        var periods = new GracePeriodSwitch(Setting, Marker);
        periods.Begin();
        periods.End();
        periods.RestoreLeftOver();

        Assert.Equal(("1", false), (Value(), File.Exists(Marker)));
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private string Value() => File.ReadAllText(Setting).TrimEnd();

    private void LeaveAsIfKilled()
    {
        File.WriteAllText(Setting, "1\n");
        File.WriteAllText(Marker, "0");
    }
}
