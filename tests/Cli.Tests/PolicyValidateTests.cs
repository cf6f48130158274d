using System.Text.Json;

namespace Axoneme.Cli.Tests;

/// <summary><c>axoneme policy validate</c>: offline, one line per document or error.</summary>
public sealed class PolicyValidateTests : IDisposable
{
    private const string Good = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: web, namespace: shop}
        spec: {endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}
        """;

    private const string Bad = """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: bad, namespace: shop}
        spec:
          endpointSelector: {}
          ingress:
          - toPorts: [{ports: [{port: "99999", protocol: TCP}]}]
        """;

    private const string Pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("axoneme-validate-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Accepted_policies_and_other_kinds_are_a_line_each_and_exit_0()
    {
        var file = Write("all.yaml", $"{Good}\n---\n{Pod}");

        Assert.Equal((0, $"{file}:1 CiliumNetworkPolicy/shop/web ok\n{file}:2 Pod/shop/p no policy\n", ""), Shell.Run("policy", "validate", file));
    }

    [Fact]
    public void A_rejected_policy_names_file_document_line_field_and_remedy_and_exits_1()
    {
        var file = Write("all.yaml", $"{Good}\n---\n{Bad}");

        var (code, output, _) = Shell.Run("policy", "validate", file);

        Assert.Equal(1, code);
        Assert.Equal(
            $"{file}:1 CiliumNetworkPolicy/shop/web ok\n{file}:2:12 spec.ingress[0].toPorts[0].ports[0].port: \"99999\" is not a port; write a number from 0 to 65535\n", output);
    }

    [Fact]
    public void A_service_that_the_server_would_refuse_is_rejected()
    {
        var file = Write("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, protocol: X}]}\n");

        Assert.Equal((1, $"{file}:1:4 spec.ports[0].protocol: must be TCP, UDP or SCTP, is \"X\"\n", ""), Shell.Run("policy", "validate", file));
    }

    [Fact]
    public void Directories_are_searched_below_and_only_for_manifests()
    {
        Write("a.yml", Good);
        Write("deep/b.json", """{"apiVersion":"cilium.io/v2","kind":"CiliumCIDRGroup","metadata":{"name":"g"},"spec":{"externalCIDRs":["10.0.0.0/8"]}}""");
        Write("notes.txt", "no manifest");

        var (code, output, _) = Shell.Run("policy", "validate", _directory);

        Assert.Equal((0, $"{_directory}/a.yml:1 CiliumNetworkPolicy/shop/web ok\n{_directory}/deep/b.json:1 CiliumCIDRGroup//g ok\n"), (code, output));
    }

    [Fact]
    public void A_name_defined_twice_is_a_warning_since_the_files_may_never_meet()
    {
        Write("a.yaml", Good);
        var second = Write("b.yaml", Good);

        var (code, output, _) = Shell.Run("policy", "validate", _directory);

        Assert.Equal(0, code);
        Assert.Contains($"{second}:1 CiliumNetworkPolicy/shop/web ok, warning: metadata.name: CiliumNetworkPolicy shop/web is already defined in {_directory}/a.yaml", output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_enforced_as_written_is_a_warning_behind_ok()
    {
        var file = Write("names.yaml", Good.Replace("ingress: [{fromEntities: [cluster]}]", "egress: [{toFQDNs: [{matchName: example.org}]}]", StringComparison.Ordinal));

        var (code, output, _) = Shell.Run("policy", "validate", file);

        Assert.Equal(0, code);
        Assert.StartsWith($"{file}:1 CiliumNetworkPolicy/shop/web ok, warning: spec.egress[0].toFQDNs: ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("broken.yaml", "a: [", " cannot be read as YAML")]
    [InlineData("nameless.yaml", "apiVersion: v1\nkind: Pod\n", "nameless.yaml:1:1 metadata.name: is missing")]
    public void A_file_that_cannot_be_read_is_rejected_and_says_why(string name, string text, string expected)
    {
        Write(name, text);

        var (code, output, _) = Shell.Run("policy", "validate", _directory);

        Assert.Equal(1, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_an_empty_directory_are_rejected()
    {
        Assert.Equal(1, Shell.Run("policy", "validate", Path.Combine(_directory, "none.yaml")).Code);
        Assert.Equal((1, $"{_directory} holds no *.yaml, *.yml or *.json file\n", ""), Shell.Run("policy", "validate", _directory));
        Assert.Equal(2, Shell.Run("policy", "validate").Code);
    }

    [Fact]
    public void The_same_is_told_as_JSON()
    {
        var file = Write("all.yaml", $"{Good}\n---\n{Bad}");

        var (code, output, _) = Shell.Run("policy", "validate", file, "-o", "json");

        Assert.Equal(1, code);
        var documents = JsonDocument.Parse(output).RootElement.EnumerateArray().ToList();
        Assert.Equal(["ok", "rejected"], documents.Select(document => document.GetProperty("status").GetString()));
        Assert.Equal("spec.ingress[0].toPorts[0].ports[0].port", documents[1].GetProperty("errors")[0].GetProperty("field").GetString());
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
