namespace Axoneme.Kubernetes.Tests;

public sealed class YamlDocumentsTests
{
    private const string Header = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

    private static ManifestDocument Only(string yaml)
    {
        var result = YamlDocuments.Read("a.yaml", yaml);
        Assert.Empty(result.Errors);
        return Assert.Single(result.Documents);
    }

    private static ManifestError OnlyError(string yaml) => Assert.Single(YamlDocuments.Read("a.yaml", yaml).Errors);

    [Theory]
    [InlineData("80", "80")]
    [InlineData("-5", "-5")]
    [InlineData("+5", "5")]
    [InlineData("0", "0")]
    [InlineData("0644", "420")]
    [InlineData("0o17", "15")]
    [InlineData("0x1F", "31")]
    [InlineData("0b101", "5")]
    [InlineData("089", "89")]
    [InlineData("1.10", "1.10")]
    [InlineData(".5", "0.5")]
    [InlineData("1e3", "1000")]
    [InlineData("18446744073709551616", "18446744073709551616")]
    [InlineData("true", "true")]
    [InlineData("False", "false")]
    [InlineData("null", "null")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("on", "\"on\"")]
    [InlineData("1_000", "\"1_000\"")]
    [InlineData("10.0.0.0/8", "\"10.0.0.0/8\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("2024-01-01", "\"2024-01-01\"")]
    [InlineData("\n- \n- a", "[null,\"a\"]")]
    [InlineData("'80'", "\"80\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("'null'", "\"null\"")]
    [InlineData("!!str 80", "\"80\"")]
    [InlineData("|\n  a\n  b\n", "\"a\\nb\\n\"")]
    [InlineData(">\n  a\n  b\n", "\"a b\\n\"")]
    [InlineData("\"\\u0001é\"", "\"\\u0001é\"")]
    [InlineData("[a, {b: c}]", "[\"a\",{\"b\":\"c\"}]")]
    public void Scalars_have_the_types_kubernetes_gives_them(string written, string json) =>
        Assert.Equal(json, Only(Header + $"value: {written}").Body.GetProperty("value").GetRawText());

    [Fact]
    public void Documents_are_numbered_as_they_stand_and_empty_ones_are_skipped()
    {
        var result = YamlDocuments.Read("a.yaml", $"---\n# nothing\n---\n{Header}---\n---\n{Header.Replace("name: a", "name: b, namespace: n", StringComparison.Ordinal)}");
        Assert.Empty(result.Errors);
        Assert.Equal([(2, 4, "a", null), (4, 9, "b", "n")], result.Documents.Select(document => (document.Index, document.Line, document.Name, document.Namespace)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("---")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n...\n---\n")]
    public void An_empty_text_has_no_documents(string yaml)
    {
        var result = YamlDocuments.Read("a.yaml", yaml);
        Assert.Empty(result.Documents);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void Lists_are_taken_apart()
    {
        var result = YamlDocuments.Read("a.yaml", """
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Pod, metadata: {name: a}}
            - apiVersion: v1
              kind: PodList
              items:
              - {apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {nodeName: x}}
            """);
        Assert.Empty(result.Errors);
        Assert.Equal(["a", "b"], result.Documents.Select(document => document.Name));
        Assert.Equal(8, result.Documents[1].LineOf("spec.nodeName"));
    }

    [Fact]
    public void Json_with_tabs_is_read() =>
        Assert.Equal("a", Only("{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\"name\": \"a\"}\n}").Name);

    [Fact]
    public void Aliases_repeat_their_anchors() =>
        Assert.Equal(
            """{"a":{"x":[1,2]},"b":[{"x":[1,2]},{"x":[1,2]}],"c":1}""",
            Only(Header + "value:\n  a: &a {x: [&one 1, 2]}\n  b: [*a, *a]\n  c: *one\n").Body.GetProperty("value").GetRawText());

    [Fact]
    public void Anchors_inside_lists_repeat_whole_members() =>
        Assert.Equal("""["p",{"k":"v"},{"k":"v"},"p"]""", Only(Header + "value: [&p p, &m {k: v}, *m, *p]").Body.GetProperty("value").GetRawText());

    [Fact]
    public void An_alias_bomb_is_refused()
    {
        var yaml = Header + "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
            + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("aliases repeat more than 256 KiB", OnlyError(yaml).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_anchor_that_holds_itself_is_refused() =>
        Assert.Contains("not defined before it", OnlyError(Header + "value: &a [*a]\n").Message, StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Contains("nested more than 64 levels", OnlyError(Header + "value: " + new string('[', 5000)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_huge_text_is_refused() =>
        Assert.Contains("split it", OnlyError(new string('a', (4 << 20) + 1)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("spec:\n  a: 1\n  a: 2\n", 6, "spec.a", "is written twice")]
    [InlineData("spec: {<<: {a: b}}\n", 4, "spec", "merging with <<")]
    [InlineData("spec: {[a]: b}\n", 4, "spec", "must be plain text")]
    [InlineData("spec: [a, .inf]\n", 4, "spec[1]", "no number JSON knows")]
    [InlineData("spec: !mine {a: b}\n", 4, "spec", "tag !mine is not known")]
    [InlineData("spec: !!binary aGk=\n", 4, "spec", "is not known")]
    public void What_is_refused_names_line_and_field(string yaml, int line, string field, string message)
    {
        var error = OnlyError(Header + yaml);
        Assert.Equal((line, field, 1), (error.Line, error.Field, error.Document));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kind: Pod\nmetadata: {name: a}", "apiVersion")]
    [InlineData("apiVersion: v1\nmetadata: {name: a}", "kind")]
    [InlineData("apiVersion: v1\nkind: Pod", "metadata.name")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: 5}", "metadata.name")]
    [InlineData("apiVersion: v1\nkind: List\nitems: {}", "items")]
    [InlineData("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1}]", "items[0].kind")]
    [InlineData("apiVersion: v1\nkind: List\nitems: [5]", "items[0]")]
    public void Objects_need_version_kind_and_name(string yaml, string field) => Assert.Equal(field, OnlyError(yaml).Field);

    [Fact]
    public void A_refused_document_does_not_hide_the_next()
    {
        var result = YamlDocuments.Read("a.yaml", $"{Header}x: {{a: 1, a: 2, b: {{c: [1]}}}}\n---\n{Header}");
        Assert.Equal("a.yaml:4: document 1: x.a: is written twice; keep one", Assert.Single(result.Errors).ToString());
        Assert.Equal(2, Assert.Single(result.Documents).Index);
    }

    [Theory]
    [InlineData("---\n<<:\n", 200)]
    [InlineData("--- {a: 1}\n", 100)]
    public void A_hundred_errors_are_told_and_then_nothing_more_is_read(string document, int line)
    {
        var exactly = YamlDocuments.Read("a.yaml", string.Concat(Enumerable.Repeat(document, 100)) + "---\n" + Header);
        Assert.Equal((100, 1), (exactly.Errors.Length, exactly.Documents.Length));
        Assert.DoesNotContain(exactly.Errors, error => error.Message.Contains("more than", StringComparison.Ordinal));

        var more = YamlDocuments.Read("a.yaml", string.Concat(Enumerable.Repeat(document, 5000)) + "---\n" + Header);
        Assert.Equal((101, 0), (more.Errors.Length, more.Documents.Length));
        Assert.Equal(line, more.Errors[99].Line);
        Assert.Equal("there are more than 100 errors; nothing is read from here on", more.Errors[100].Message);
    }

    [Fact]
    public void After_the_last_error_that_is_told_a_syntax_error_is_not() =>
        Assert.Equal(101, YamlDocuments.Read("a.yaml", string.Concat(Enumerable.Repeat("---\n<<:\n", 101)) + "a: [1\n  b: 2\n").Errors.Length);

    [Fact]
    public void Errors_in_a_list_are_bounded_too() =>
        Assert.Equal(101, YamlDocuments.Read("a.yaml", $"apiVersion: v1\nkind: List\nitems: [{string.Concat(Enumerable.Repeat("1,", 5000))}]\n").Errors.Length);

    [Theory]
    [InlineData("x: a\0", "U+0000")]
    [InlineData("\0\n---\n" + Header, "U+0000")]
    [InlineData("x: \u0007", "U+0007")]
    [InlineData("x: \u007f", "U+007F")]
    [InlineData("x: '\uFFFE'", "U+FFFE")]
    public void Characters_that_YAML_forbids_are_refused(string yaml, string character)
    {
        var error = OnlyError(Header + yaml);
        Assert.Equal((4, 0), (error.Line, error.Document));
        Assert.Contains(character, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xD800)]
    [InlineData(0xDC00)]
    public void Half_of_a_surrogate_pair_is_refused(int half)
    {
        // Written into JSON, both of these would become U+FFFD, and two fields one.
        Assert.Contains($"U+{half:X4}", OnlyError($"{Header}{(char)half}: 1\n").Message, StringComparison.Ordinal);
        Assert.Contains($"U+{half:X4}", OnlyError($"{Header}x: 1 # {(char)half}").Message, StringComparison.Ordinal);
        Assert.Contains("surrogate", OnlyError($"{Header}x: \"\\u{half:x4}\"").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pairs_and_escaped_control_characters_are_text() =>
        Assert.Equal("\U0001F600\U0001F600\a\0", Only(Header + "value: \"\U0001F600\\ud83d\\ude00\\x07\\0\"").Body.GetProperty("value").GetString());

    [Fact]
    public void A_long_tag_or_anchor_is_not_told_whole()
    {
        var name = new string('a', 5000);
        Assert.True(OnlyError($"{Header}x: !{name} 1\n").Message.Length < 300);
        Assert.True(OnlyError($"{Header}x: !{name} []\n").Message.Length < 300);
        Assert.True(OnlyError($"{Header}x: *{name}\n").Message.Length < 300);
    }

    [Fact]
    public void A_syntax_error_names_its_line_and_keeps_what_stood_before()
    {
        var result = YamlDocuments.Read("a.yaml", $"{Header}---\n{Header}spec:\n  a: [1\n  b: 2\n");
        Assert.Single(result.Documents);
        var error = Assert.Single(result.Errors);
        Assert.Equal(2, error.Document);
        Assert.True(error.Line is >= 8 and <= 11, $"line {error.Line}");
        Assert.DoesNotContain('\n', error.ToString());
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("spec", 4)]
    [InlineData("spec.ingress[0].fromEndpoints[1].matchLabels", 8)]
    [InlineData("spec.ingress[0].fromEndpoints[1].matchLabels.k8s:io.kubernetes.pod.namespace", 9)]
    [InlineData("spec.ingress[0].fromEndpoints[1].nothing", 8)]
    [InlineData("spec.ingress[7]", 5)]
    [InlineData("spec.egress", 4)]
    public void Fields_have_lines(string path, int line)
    {
        var document = Only($$"""
            {{Header}}spec:
              ingress:
              - fromEndpoints:
                - {}
                - matchLabels:
                    k8s:io.kubernetes.pod.namespace: a
            """);
        Assert.Equal(line, document.LineOf(path));
    }

    [Fact]
    public void What_an_alias_repeats_has_the_lines_where_it_is_written()
    {
        var document = Only(Header + "one: &a\n  b:\n  - c: 1\n  - d: 2\ntwo:\n- *a\n- e: 3\n");
        Assert.Equal(7, document.LineOf("one.b[1].d"));
        Assert.Equal(9, document.LineOf("two[0]"));
        Assert.Equal(7, document.LineOf("two[0].b[1].d"));
        Assert.Equal(10, document.LineOf("two[1].e"));
    }

    [Fact]
    public void Objects_of_a_list_begin_where_they_are_written()
    {
        var result = YamlDocuments.Read("a.yaml", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n-\n  apiVersion: v1\n  kind: Pod\n");
        Assert.Equal(4, Assert.Single(result.Documents).Line);
        Assert.Equal("a.yaml:6: document 1: items[1].metadata.name: is missing; every object has a name", Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void An_error_of_a_document_is_one_line()
    {
        var document = Only("# comment\n" + Header + "spec:\n  nodeName: 5\n");
        Assert.Equal("a.yaml:6: document 1: spec.nodeName: must be text", document.Error("spec.nodeName", "must be text").ToString());
        Assert.Equal("a.yaml:2: document 1: is odd", document.Error(null, "is odd").ToString());
    }

    [Fact]
    public void Nesting_that_an_alias_adds_is_bounded_too()
    {
        var deep = new string('[', 40) + new string(']', 40);
        var error = OnlyError($"{Header}a: &deep {deep}\nb: {new string('[', 40)}*deep{new string(']', 40)}\n");
        Assert.Equal(1, error.Document);
        Assert.Contains("nested more than 64 levels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_namespace_is_an_absent_one() =>
        Assert.Null(Only("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: \"\"}\n").Namespace);
}
