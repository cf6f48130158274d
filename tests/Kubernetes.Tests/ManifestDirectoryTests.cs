namespace Axoneme.Kubernetes.Tests;

public sealed class ManifestDirectoryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8); // less than the periodic rescan: only notifications can be this fast

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("axoneme-manifests-");
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _stop.Dispose();
        _root.Delete(recursive: true);
    }

    private string File(string name) => Path.Combine(_root.FullName, name);

    private static string Pod(string name) => $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n";

    [Fact]
    public async Task Changes_are_seen_as_they_happen()
    {
        await System.IO.File.WriteAllTextAsync(File("a.yaml"), Pod("a"));
        await System.IO.File.WriteAllTextAsync(File("notes.txt"), "no manifest");
        await System.IO.File.WriteAllTextAsync(File(".hidden.yaml"), Pod("hidden"));
        await using var snapshots = new ManifestDirectory(_root.FullName, TimeProvider.System).WatchAsync(_stop.Token).GetAsyncEnumerator();
        Assert.Equal(["a"], await NextAsync(snapshots));

        _root.CreateSubdirectory("sub");
        await System.IO.File.WriteAllTextAsync(File("sub/b.yml"), Pod("b"));
        Assert.Equal(["a", "b"], await NextAsync(snapshots));

        // The way of most editors: write aside, then rename over.
        await System.IO.File.WriteAllTextAsync(File("a.yaml.tmp"), Pod("a2"));
        System.IO.File.Move(File("a.yaml.tmp"), File("a.yaml"), overwrite: true);
        Assert.Equal(["a2", "b"], await NextAsync(snapshots));

        await System.IO.File.WriteAllTextAsync(File("c.json"), """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"}}""");
        Assert.Equal(["a2", "c", "b"], await NextAsync(snapshots));

        System.IO.File.Delete(File("sub/b.yml"));
        Assert.Equal(["a2", "c"], await NextAsync(snapshots));
    }

    [Fact]
    public async Task A_slowly_written_file_is_looked_at_once()
    {
        await using var snapshots = new ManifestDirectory(_root.FullName, TimeProvider.System).WatchAsync(_stop.Token).GetAsyncEnumerator();
        Assert.Empty(await NextAsync(snapshots));
        var next = NextAsync(snapshots);
        await using (var file = new StreamWriter(File("a.yaml")))
        {
            foreach (var line in Pod("a").Split('\n'))
            {
                await file.WriteLineAsync(line);
                await file.FlushAsync();
                await Task.Delay(10);
            }
        }

        Assert.Equal(["a"], await next);
        Assert.Empty(snapshots.Current.Errors);
    }

    [Fact]
    public async Task A_directory_that_vanishes_keeps_everything_in_force()
    {
        var path = File("manifests");
        Directory.CreateDirectory(path);
        await System.IO.File.WriteAllTextAsync(Path.Combine(path, "a.yaml"), Pod("a"));
        await using var snapshots = new ManifestDirectory(path, TimeProvider.System).WatchAsync(_stop.Token).GetAsyncEnumerator();
        Assert.Equal(["a"], await NextAsync(snapshots));
        Directory.Move(path, path + ".away");
        await System.IO.File.WriteAllTextAsync(Path.Combine(path + ".away", "a.yaml"), Pod("a")); // wakes the watcher, which follows the moved directory
        Assert.True(await snapshots.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15)));
        Assert.Equal(["a"], snapshots.Current.Documents.Select(document => document.Name));
        Assert.Contains("", snapshots.Current.FilesInError);
    }

    [Fact]
    public async Task A_missing_directory_is_an_error_at_the_start()
    {
        await using var snapshots = new ManifestDirectory(File("missing"), TimeProvider.System).WatchAsync(_stop.Token).GetAsyncEnumerator();
        var error = await Assert.ThrowsAsync<DirectoryNotFoundException>(async () => await snapshots.MoveNextAsync());
        Assert.Contains("does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stream_ends_when_cancelled()
    {
        using var stop = new CancellationTokenSource();
        await using var snapshots = new ManifestDirectory(_root.FullName, TimeProvider.System).WatchAsync(stop.Token).GetAsyncEnumerator();
        Assert.True(await snapshots.MoveNextAsync());
        var next = snapshots.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    private static async Task<IReadOnlyList<string>> NextAsync(IAsyncEnumerator<ManifestSnapshot> snapshots)
    {
        Assert.True(await snapshots.MoveNextAsync().AsTask().WaitAsync(Patience));
        return [.. snapshots.Current.Documents.Select(document => document.Name)];
    }

    [Fact]
    public async Task Without_inotify_the_directory_is_looked_at_every_second()
    {
        var directory = new ManifestDirectory(_root.FullName, TimeProvider.System) { CreateWatcher = _ => throw new IOException("inotify instances are used up") };
        await using var snapshots = directory.WatchAsync(_stop.Token).GetAsyncEnumerator();
        Assert.Empty(await NextAsync(snapshots));

        await System.IO.File.WriteAllTextAsync(File("a.yaml"), Pod("a"));

        Assert.Equal(["a"], await NextAsync(snapshots));
    }
}
