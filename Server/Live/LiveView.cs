using Spectre.Console;

namespace Axoneme.Server.Live;

/// <summary>The live view: the whole terminal, drawn anew twice a second.</summary>
internal sealed class LiveView(LiveSource source, string manifests)
{
    private const string EnterScreen = "\e[?1049h\e[?25l\e[H\e[2J";
    private const string LeaveScreen = "\e[?25h\e[?1049l";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Draws until cancelled; the terminal is then as it was before.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Console.Out.Write(EnterScreen);
        try
        {
            await AnsiConsole.Live(new Text($"axoneme: starting the pods in {manifests} …")).AutoClear(true).Overflow(VerticalOverflow.Crop).StartAsync(async live =>
            {
                while (!cancellationToken.IsCancellationRequested)
                {
                    var snapshot = await source.ReadAsync(cancellationToken);

                    // The last column and line stay free: writing there makes terminals scroll.
                    var lines = LiveScreen.Lines(snapshot, Math.Max(40, AnsiConsole.Profile.Width - 1), Math.Max(10, AnsiConsole.Profile.Height - 1));
                    live.UpdateTarget(new Markup(string.Join('\n', lines)));
                    await source.PauseAsync(Interval, cancellationToken);
                }
            });
        }
        finally
        {
            Console.Out.Write(LeaveScreen);
        }
    }
}
