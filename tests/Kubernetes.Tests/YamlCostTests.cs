using System.Diagnostics;

namespace Axoneme.Kubernetes.Tests;

/// <summary>
/// What grew with the square of a file's documents or errors: half a megabyte took a minute and more. The limits leave room for a busy machine.
/// </summary>
public sealed class YamlCostTests
{
    private const int Documents = 10_000;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(5);

    private static Dictionary<string, FileContent> File(Func<int, string> nameOf, string end = "") => new()
    {
        ["a.yaml"] = new FileContent(string.Concat(Enumerable.Range(0, Documents).Select(i => $"--- {{apiVersion: v1, kind: Pod, metadata: {{name: {nameOf(i)}}}}}\n")) + end),
    };

    [Fact]
    public void A_file_of_many_documents_is_taken_in_again_when_it_changes()
    {
        var set = new ManifestSet();
        set.Update(File(i => $"p{i}"));
        var clock = Stopwatch.StartNew();
        set.Update(File(i => $"p{i + 1}", "# changed\n"));
        Assert.True(clock.Elapsed < Enough, $"took {clock.Elapsed}");
        Assert.Equal(Documents, set.Current.Documents.Length);
        Assert.Equal(0, set.Current.Documents.First(document => document.Name == "p1").FirstIndex); // p2's number, and p2 is still there
    }

    [Fact]
    public void Many_documents_of_one_name_are_told_with_their_lines()
    {
        var set = new ManifestSet();
        var clock = Stopwatch.StartNew();
        set.Update(File(_ => "p"));
        Assert.True(clock.Elapsed < Enough, $"took {clock.Elapsed}");
        Assert.Equal(Enumerable.Range(2, Documents - 1), set.Current.Errors.Select(error => error.Line ?? 0));
    }

    [Fact]
    public void Lines_of_many_fields_are_found_at_once()
    {
        var list = $"{string.Concat(Enumerable.Range(0, 100).Select(i => $"field{i}:\n{string.Concat(Enumerable.Repeat("- 1\n", 1000))}"))}";
        var document = Assert.Single(YamlDocuments.Read("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n" + list).Documents);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(3 + (99 * 1001) + 1 + i + 1, document.LineOf($"field99[{i}]"));
        }

        Assert.True(clock.Elapsed < Enough, $"took {clock.Elapsed}");
    }
}
