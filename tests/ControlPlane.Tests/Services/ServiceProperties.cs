using Axoneme.ControlPlane.Engine;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.ControlPlane.Tests.Entities;
using Axoneme.Persistence;
using Axoneme.Wire.State;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Axoneme.ControlPlane.Tests.Services;

/// <summary>Services, slices and pods come and go, the journal refuses now and then, everything stops in between.</summary>
public sealed class ServiceProperties
{
    public sealed record Happening(int Kind, int Which, int How);

    [Fact]
    public void Replaying_the_journal_gives_the_same_records_and_they_follow_from_what_is_written()
    {
        var happening =
            from kind in Gen.Choose(0, 9)
            from which in Gen.Choose(0, 3)
            from how in Gen.Choose(0, 5)
            select new Happening(kind, which, how);
        var run = Gen.Sized(size => Gen.ArrayOf(happening, 5 + size));

        Prop.ForAll(run.ToArbitrary(), happenings => HoldsAsync(happenings)).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    private static async Task HoldsAsync(Happening[] happenings)
    {
        await using var services = await ServicesFixture.StartAsync();
        var (written, pods) = (new Dictionary<string, int>(), new HashSet<int>());
        foreach (var happening in happenings)
        {
            await HappenAsync(services, written, pods, happening);
        }

        services.Journal.FailCommit = null;
        await services.RestartAsync();
        await services.ApplyAsync("end.yaml", "# nothing");
        await Waiting.UntilAsync(() => Converged(services, written, pods), "slices follow from what is written");
        await Waiting.UntilAsync(() => services.Engine.Engine.Status.WaitingCommands == 0, "nothing is under way");

        var replayed = new Dictionary<string, object>();
        foreach (IEntityKind kind in new IEntityKind[] { new ServiceKind(), new EndpointSliceKind() })
        {
            foreach (var entity in services.Engine.Engine.List(kind.Name))
            {
                var image = await EntityLoader.LoadAsync(services.Journal, kind, entity, CancellationToken.None);
                foreach (var record in kind.Published(entity.Id, image.State))
                {
                    replayed.Add($"{record.Kind} {record.Key}", (object?)record.Value!.Service ?? record.Value.EndpointSlice);
                }
            }
        }
        var inForce = new[] { RecordKind.Service, RecordKind.EndpointSlice }.SelectMany(services.Engine.Log.List)
            .ToDictionary(record => $"{record.Kind} {record.Key}", record => (object?)record.Service ?? record.EndpointSlice);
        Assert.Equal(inForce.OrderBy(pair => pair.Key), replayed.OrderBy(pair => pair.Key));

        var addresses = services.Engine.Log.List(RecordKind.Service).SelectMany(record => record.Service.ClusterIps).ToList();
        Assert.Equal(addresses.Count, addresses.Distinct().Count());
    }

    private static async Task HappenAsync(ServicesFixture services, Dictionary<string, int> written, HashSet<int> pods, Happening happening)
    {
        var name = $"s{happening.Which}";
        switch (happening.Kind)
        {
            case <= 2:
                // An even one may be asked for an address that another has.
                var address = happening.How % 2 == 0 ? $"clusterIP: 10.96.0.{happening.How + 1}, " : "";
                await services.ApplyAsync(
                    $"{name}.yaml",
                    $"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{type: NodePort, {address}selector: {{app: a{happening.How % 2}}}, ports: [{{port: 80}}]}}\n");
                break;
            case 3:
                await services.ApplyAsync($"{name}.yaml");
                break;
            case 4:
                pods.Add(happening.Which);
                await services.ApplyAsync($"p{happening.Which}.yaml", $"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{happening.Which}, namespace: shop, labels: {{app: a{happening.How % 2}}}}}\n");
                break;
            case 5:
                pods.Remove(happening.Which);
                await services.ApplyAsync($"p{happening.Which}.yaml");
                break;
            case 6:
                try
                {
                    await services.ReportAsync($"p{happening.Which}", happening.How == 0 ? [] : [$"10.0.{happening.Which}.{happening.How}"]);
                }
                catch (JournalUnavailableException)
                {
                    // The node would repeat it; here it stays unsaid.
                }
                break;
            case 7:
                string[] documents = happening.How < 2 ? [] :
                    [$"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: w{happening.Which}, namespace: shop, labels: {{kubernetes.io/service-name: {name}}}}}\naddressType: IPv4\nendpoints: [{{addresses: [192.0.2.{happening.How}]}}]\n"];
                written[name] = documents.Length;
                await services.ApplyAsync($"w{happening.Which}.yaml", documents);
                break;
            case 8:
                services.Journal.FailCommit = services.Journal.FailCommit is null ? _ => new JournalUnavailableException("disk full") : null;
                break;
            default:
                services.Journal.FailCommit = null; // no control plane starts on a journal that refuses writes
                await services.RestartAsync();
                break;
        }
    }

    /// <summary>Whether a service has its written slices or, without any, those of the pods it selects.</summary>
    private static bool Converged(ServicesFixture services, Dictionary<string, int> written, HashSet<int> pods)
    {
        var log = services.Engine.Log;
        if (pods.Any(pod => log.Find(RecordKind.Pod, $"shop/p{pod}") is null))
        {
            return false;
        }
        return Enumerable.Range(0, 4).All(i =>
        {
            var slices = log.List(RecordKind.EndpointSlice).Select(record => record.EndpointSlice).Where(slice => slice.Service == $"s{i}").ToList();
            if (written.GetValueOrDefault($"s{i}") > 0)
            {
                return slices.Count == 1 && slices[0].Name == $"w{i}";
            }
            if (log.Find(RecordKind.Service, $"shop/s{i}") is null)
            {
                return slices.Count == 0;
            }
            var selected = services.SelectorOf($"s{i}")["app"];
            var expected =
                from pod in pods
                where log.Find(RecordKind.Pod, $"shop/p{pod}")!.Pod.Labels.Contains($"k8s:app={selected}")
                from ip in log.List(RecordKind.Ip).Select(record => record.Ip)
                where ip.Pod == $"p{pod}"
                select ip.Address;
            return slices.SelectMany(slice => slice.Endpoints).SelectMany(endpoint => endpoint.Addresses).Order().SequenceEqual(expected.Order());
        });
    }
}
