using Xunit.Sdk;

namespace Axoneme.EndToEnd.Services;

/// <summary>Every type of service, asked by everybody, with agents of every kind of settings: all pairs of them, and with AXONEME_CASES set their whole product.</summary>
public sealed class TypeTests
{
    public static TheoryData<string, AddressFamilies> Clusters
    {
        get
        {
            var data = new TheoryData<string, AddressFamilies>();
            foreach (var (routing, family) in ServiceSettings.Product.Select(settings => (settings.Routing, settings.Family)).Distinct())
            {
                data.Add(routing, family);
            }

            return data;
        }
    }

    private static IReadOnlyList<ServiceSettings> Tried => Environment.GetEnvironmentVariable("AXONEME_CASES") is null ? ServiceSettings.Pairs : ServiceSettings.Product;

    [Theory]
    [MemberData(nameof(Clusters))]
    public async Task Who_answers_and_whom_it_sees_is_what_the_documents_say(string routing, AddressFamilies family)
    {
        var settings = Tried.Where(settings => settings.Routing == routing && settings.Family == family).ToArray();
        await using var bed = await ServiceBed.StartAsync(settings[0]);
        var failures = new List<string>();
        foreach (var one in settings)
        {
            if (one != settings[0])
            {
                await bed.ChangeAsync(one);
            }

            try
            {
                await bed.AssertAsync();
            }
            catch (Exception failure) when (failure is XunitException or TimeoutException)
            {
                failures.Add($"{one}: {failure.Message}"); // the others still have something to say
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public void Every_two_values_of_settings_are_tried_together()
    {
        static IEnumerable<(int, string, int, string)> PairsOf(ServiceSettings settings) =>
            from one in Enumerable.Range(0, settings.Values.Length)
            from other in Enumerable.Range(one + 1, settings.Values.Length - one - 1)
            select (one, settings.Values[one], other, settings.Values[other]);

        Assert.Empty(ServiceSettings.Product.SelectMany(PairsOf).Except(ServiceSettings.Pairs.SelectMany(PairsOf)));
    }
}
