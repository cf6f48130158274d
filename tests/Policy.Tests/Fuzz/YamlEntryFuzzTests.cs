using System.Globalization;
using System.Text;

namespace Axoneme.Policy.Tests.Fuzz;

/// <summary>
/// Damaged texts are read or refused, within <see cref="CostBound"/>, always in the same way, and what is accepted says the same when it is written
/// out as JSON and read again. AXONEME_CASES sets how many are tried; a failing one is printed with its number, which is its seed.
/// </summary>
[Collection(MeasuredAlone.Name)]
public sealed class YamlEntryFuzzTests
{
    /// <summary>One text in so many is a large one.</summary>
    private const int CasesPerLarge = 20;

    /// <summary>Nobody reads more about one document, and an error costs more than its text.</summary>
    private const int MostErrors = 200;

    private static readonly int Cases =
        int.TryParse(Environment.GetEnvironmentVariable("AXONEME_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out var cases) ? cases : 4000;

    [Fact]
    public void Damaged_texts_are_read_or_refused()
    {
        var (policies, refused) = (0, 0);
        for (var number = 0; number < Cases; number++)
        {
            var text = new Damage(new Random(number)).Next();
            try
            {
                var read = CostBound.Read(text);
                CheckPolicies(read);
                Assert.Equal(read.Described, YamlEntry.Read(text).Described);
                CheckWrittenAgain(read);
                CheckInForce(read);
                policies += read.Policies.Count(policy => policy.Policy is not null);
                refused += read.Errors.Count > 0 ? 1 : 0;
            }
            catch (Exception failure)
            {
                throw Describe(number, text, failure);
            }
        }

        Assert.True(policies > Cases / 50 && refused > Cases / 2, $"of {Cases} damaged texts {refused} were refused, and {policies} policies accepted: the damage is too small or too great to show anything");
    }

    [Fact]
    public void Large_damaged_texts_cost_what_they_are_worth()
    {
        for (var number = 0; number < Cases / CasesPerLarge; number++)
        {
            var text = new Damage(new Random(number)).Large(length: 1 << 18);
            try
            {
                CheckPolicies(CostBound.Read(text));
            }
            catch (Exception failure)
            {
                throw Describe(number, text, failure);
            }
        }
    }

    private static void CheckPolicies(YamlEntry read)
    {
        Assert.All(read.Policies, parsed => Assert.Equal(parsed.Policy is null, parsed.Errors.Count > 0));
        Assert.All(read.Policies.SelectMany(parsed => parsed.Errors), error => Assert.NotEmpty(error.Message));
        Assert.All(read.Policies, parsed => Assert.InRange(parsed.Errors.Count, 0, MostErrors));
    }

    /// <summary>What is accepted can be put in force, come to something for an endpoint and a node, and be taken away without a trace.</summary>
    private static void CheckInForce(YamlEntry read)
    {
        var engine = new PolicyEngine();
        PolicySubject[] subjects = [new(LabelSet.Parse(["k8s:app=web", "k8s:io.kubernetes.pod.namespace=default", "k8s:io.cilium.k8s.policy.cluster=default"])), new(LabelSet.Parse(["reserved:host"]))];
        var open = subjects.Select(subject => engine.Track(subject).ToResolved()).ToList();
        var accepted = read.Policies.Select(parsed => parsed.Policy).OfType<PolicyObject>().ToList();
        foreach (var policy in accepted)
        {
            engine.UpsertPolicy(policy.Key, policy);
        }

        Assert.All(subjects, subject => Assert.NotNull(engine.SetOf(subject)!.ToResolved()));
        foreach (var policy in accepted)
        {
            engine.RemovePolicy(policy.Key);
        }

        Assert.Equal(open, subjects.Select(subject => engine.SetOf(subject)!.ToResolved()));
        Assert.Empty(engine.CidrPrefixes);
    }

    private static void CheckWrittenAgain(YamlEntry read)
    {
        foreach (var document in read.Documents)
        {
            var json = document.Body.GetRawText();
            var again = YamlEntry.Read(json);
            Assert.Equal(json, Assert.Single(again.Documents).Body.GetRawText());
        }
    }

    private static InvalidOperationException Describe(int number, string text, Exception failure)
    {
        const int longest = 4000;
        var file = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"axoneme-fuzz-{number}-{text.Length}.yaml"));
        File.WriteAllText(file, text, Encoding.UTF8);
        var escaped = new StringBuilder();
        foreach (var c in text.Length > longest ? text[..longest] : text)
        {
            _ = c is >= ' ' and <= '~' ? escaped.Append(c) : escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return new InvalidOperationException($"case {number}, kept in {file}: {failure.Message}\n{escaped}", failure);
    }
}
