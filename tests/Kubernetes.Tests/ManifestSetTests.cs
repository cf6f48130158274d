namespace Axoneme.Kubernetes.Tests;

public sealed class ManifestSetTests
{
    private readonly ManifestSet _set = new();

    private static string Pod(string name, string node = "x") => $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{nodeName: {node}}}\n";

    private bool Update(params (string File, string? Text)[] files) =>
        _set.Update(files.ToDictionary(file => file.File, file => new FileContent(file.Text, file.Text is null ? "cannot be read: no permission" : null)));

    private IEnumerable<string> Names => _set.Current.Documents.Select(document => $"{document.File}:{document.Name}");

    [Fact]
    public void Versions_grow_only_with_changes()
    {
        Assert.True(Update());
        Assert.Equal(1, _set.Current.Version);
        Assert.False(Update());
        Assert.True(Update(("a.yaml", Pod("a"))));
        Assert.False(Update(("a.yaml", Pod("a"))));
        Assert.True(Update());
        Assert.Equal(3, _set.Current.Version);
        Assert.Empty(_set.Current.Documents);
    }

    [Fact]
    public void A_broken_file_keeps_its_last_good_objects()
    {
        Update(("a.yaml", Pod("a") + "---\n" + Pod("b")), ("b.yaml", Pod("c")));
        Update(("a.yaml", "kind: ["), ("b.yaml", Pod("d")));
        Assert.Equal(["a.yaml:a", "a.yaml:b", "b.yaml:d"], Names);
        Assert.Equal(["a.yaml"], _set.Current.FilesInError);
        Assert.Single(_set.Current.Errors);
        Update(("a.yaml", Pod("b")), ("b.yaml", Pod("d")));
        Assert.Equal(["a.yaml:b", "b.yaml:d"], Names);
        Assert.Empty(_set.Current.FilesInError);
        Assert.Empty(_set.Current.Errors);
    }

    [Fact]
    public void A_file_broken_from_the_start_is_named_so_that_nothing_of_it_counts_as_deleted()
    {
        Update(("a.yaml", Pod("a") + "---\nkind: ["), ("b.yaml", Pod("b")));
        Assert.Equal(["b.yaml:b"], Names);
        Assert.Equal(["a.yaml"], _set.Current.FilesInError);
    }

    [Fact]
    public void An_unreadable_file_is_in_error_and_keeps_its_objects()
    {
        Update(("a.yaml", Pod("a")));
        Update(("a.yaml", null));
        Assert.Equal(["a.yaml:a"], Names);
        Assert.Equal("a.yaml: cannot be read: no permission", Assert.Single(_set.Current.Errors).ToString());
    }

    [Fact]
    public void Of_two_definitions_at_the_start_the_first_file_wins()
    {
        Update(("b.yaml", Pod("a", "from-b")), ("a.yaml", Pod("a", "from-a")));
        Assert.Equal(["a.yaml:a"], Names);
        Assert.Equal(
            "b.yaml:3: document 1: metadata.name: Pod a is already defined in a.yaml:1 (document 1), which stays in force; remove or rename one",
            Assert.Single(_set.Current.Errors).ToString());
        Assert.Empty(_set.Current.FilesInError);
    }

    [Fact]
    public void A_definition_in_force_stays_when_an_earlier_file_repeats_it()
    {
        Update(("b.yaml", Pod("a")));
        Update(("a.yaml", Pod("a")), ("b.yaml", Pod("a", "changed")));
        Assert.Equal(["b.yaml:a"], Names);
        Assert.Contains("changed", _set.Current.Documents[0].Body.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("a.yaml", Assert.Single(_set.Current.Errors).File);
        Update(("a.yaml", Pod("a")));
        Assert.Equal(["a.yaml:a"], Names);
        Assert.Empty(_set.Current.Errors);
    }

    [Fact]
    public void The_same_name_twice_in_one_file_is_reported()
    {
        Update(("a.yaml", Pod("a", "first") + "---\n" + Pod("a", "second")));
        Assert.Contains("first", Assert.Single(_set.Current.Documents).Body.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(_set.Current.Errors).Document);
    }

    [Fact]
    public void An_absent_namespace_is_default_and_other_namespaces_are_others()
    {
        Update(("a.yaml", Pod("a")), ("b.yaml", Pod("a").Replace("name: a", "name: a, namespace: default", StringComparison.Ordinal)), ("c.yaml", Pod("a").Replace("name: a", "name: a, namespace: other", StringComparison.Ordinal)));
        Assert.Equal(["a.yaml:a", "c.yaml:a"], Names);
        Assert.Equal("b.yaml", Assert.Single(_set.Current.Errors).File);
    }

    [Fact]
    public void A_directory_that_cannot_be_listed_keeps_everything_in_force()
    {
        Update(("a.yaml", Pod("a")));
        Assert.True(_set.Fail("gone"));
        Assert.False(_set.Fail("gone"));
        Assert.Equal(["a.yaml:a"], Names);
        Assert.Contains("", _set.Current.FilesInError);
        Assert.True(Update(("a.yaml", Pod("a"))));
        Assert.Empty(_set.Current.Errors);
        Assert.Empty(_set.Current.FilesInError);
    }

    [Fact]
    public void A_file_that_cannot_be_read_for_an_unforeseen_reason_is_reported_and_the_others_are_read()
    {
        var set = new ManifestSet((file, text) => file == "bad.yaml" ? throw new InvalidOperationException("unforeseen") : YamlDocuments.Read(file, text));

        set.Update(new Dictionary<string, FileContent> { ["bad.yaml"] = new("x"), ["good.yaml"] = new("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n") });

        Assert.Equal("good.yaml", Assert.Single(set.Current.Documents).File);
        Assert.Equal("bad.yaml", Assert.Single(set.Current.Errors).File);
        Assert.Contains("bad.yaml", set.Current.FilesInError);
    }
}
