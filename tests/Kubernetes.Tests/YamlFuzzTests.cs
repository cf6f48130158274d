using System.Text;

namespace Axoneme.Kubernetes.Tests;

/// <summary>Damaged texts never crash the reader of pods. AXONEME_CASES sets how many are tried. What texts cost is measured with policies, in Policy.Tests.</summary>
public sealed class YamlFuzzTests
{
    private static readonly string[] Seeds =
    [
        """
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: "a", namespace: 'b'}
        spec:
          endpointSelector:
            matchLabels: {"k8s:app": web}
          ingress:
          - fromEndpoints: [&e {matchLabels: {app: x}}, *e]
            toPorts:
            - ports: [{port: "80", protocol: TCP}]
          description: |
            some
             text
        ---
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: Pod, metadata: {name: p}, value: [1, 0x2, .5, 1e9, ~, !!str 5]}
        """,
        "a: &a [*a]\nb: ? x\n: y\n%YAML 1.2\n--- >-\n folded\n...\n",
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\"},\"list\":[[[[[[]]]]]]}",
    ];

    private static readonly string[] Spices =
        ["\t", "\0", "\uFEFF", "\uD800", "- ", ": ", "? ", "&a ", "*a ", "!!x ", "[", "{", "]", "}", "'", "\"", "|", ">", "#", "\n", "---\n", "...\n", "%TAG ! a\n", "\\x", "<<: "];

    private static int Cases => int.TryParse(Environment.GetEnvironmentVariable("AXONEME_CASES"), out var cases) ? cases : 3000;

    [Fact]
    public void Damaged_texts_are_read_or_refused()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var text = Damage(Seeds[random.Next(Seeds.Length)], random);
            try
            {
                foreach (var document in YamlDocuments.Read("fuzz.yaml", text).Documents)
                {
                    document.LineOf("spec.ingress[0].fromEndpoints[1]");
                    if (document.Kind == "Pod")
                    {
                        PodResource.Read(document);
                    }
                }
            }
            catch (Exception crash)
            {
                throw new InvalidOperationException($"seed {seed} crashed the reader with: {text}", crash);
            }
        }
    }

    private static string Damage(string seed, Random random)
    {
        var text = new StringBuilder(seed);
        for (var i = random.Next(1, 8); i > 0 && text.Length > 0; i--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, Spices[random.Next(Spices.Length)]);
                    break;
                case 2:
                    text[at] = (char)random.Next(1, 300);
                    break;
                case 3:
                    var length = Math.Min(random.Next(1, 60), text.Length - at);
                    text.Insert(random.Next(text.Length), text.ToString(at, length));
                    break;
                default:
                    text.Insert(at, string.Concat(Enumerable.Repeat(Spices[random.Next(Spices.Length)], random.Next(1, 100))));
                    break;
            }
        }

        return text.ToString();
    }
}
