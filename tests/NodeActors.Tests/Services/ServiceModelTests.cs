using System.Collections.Immutable;
using System.Net;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.State;
using Axoneme.Wire.State;
using Record = Axoneme.Wire.State.Record;

namespace Axoneme.NodeActors.Tests.Services;

/// <summary>What has to be planned anew, and who has a frontend that several want.</summary>
public sealed class ServiceModelTests
{
    private readonly ServiceModel _model = new("node-a", new ServiceOptions());

    public ServiceModelTests()
    {
        _model.SetAddresses([IPAddress.Parse("192.0.2.1")]);
        _model.TakeChanges();
    }

    [Fact]
    public void Only_what_changed_is_planned_anew()
    {
        Add(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1")));
        Add(ServiceRecords.Record(ServiceRecords.Service("b", "10.96.0.2")));
        Assert.Equal(["default/a", "default/b"], Changed());
        Add(ServiceRecords.Record(ServiceRecords.Slice("a", ServiceRecords.Endpoint("10.0.0.1"))));
        Assert.Equal(["default/a"], Changed());
        Assert.Empty(_model.TakeChanges());
    }

    [Fact]
    public void A_slice_may_come_before_its_service_and_move_to_another()
    {
        var slice = ServiceRecords.Record(ServiceRecords.Slice("a", ServiceRecords.Endpoint("10.0.0.1")));
        Add(slice);
        Assert.Empty(_model.TakeChanges());
        Add(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1")));
        Add(ServiceRecords.Record(ServiceRecords.Service("b", "10.96.0.2")));
        Assert.Equal([1, 0], Plans().Select(plan => plan.Frontends.Single().Inside.Count));
        var moved = slice.Clone();
        moved.EndpointSlice.Service = "b";
        _model.Apply(ServiceRecords.Change(slice, moved));
        Assert.Equal([0, 1], Plans().Select(plan => plan.Frontends.Single().Inside.Count));
    }

    [Fact]
    public void Of_two_services_with_one_frontend_the_lesser_name_has_it_whoever_came_first()
    {
        var (a, b) = (ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1")), ServiceRecords.Record(ServiceRecords.Service("b", "10.96.0.1")));
        Add(b);
        Assert.Single(Plans().Single().Frontends);
        Add(a);
        Assert.Equal([1, 0], Plans().Select(plan => plan.Frontends.Count()));
        Assert.Contains("service default/b: 10.96.0.1:80/TCP is service default/a's", _model.Problems.Single());
        _model.Apply(ServiceRecords.Change(a, null));
        var changes = _model.TakeChanges();
        Assert.Null(changes[new ServiceOwner(false, "default/a")]);
        Assert.Single(changes[new ServiceOwner(false, "default/b")]!.Frontends);
        Assert.Empty(_model.Problems);
    }

    [Fact]
    public void What_the_control_plane_gave_out_goes_before_what_users_write()
    {
        var thief = ServiceRecords.Service("a", "10.96.0.1");
        thief.ExternalIps.Add("10.96.0.2");
        Add(ServiceRecords.Record(thief));
        Add(ServiceRecords.Record(ServiceRecords.Service("z", "10.96.0.2")));
        Assert.Equal([1, 1], Plans().Select(plan => plan.Frontends.Count()));
        Assert.Contains("service default/a: 10.96.0.2:80/TCP is service default/z's", _model.Problems.Single());
    }

    [Fact]
    public void A_random_sequence_of_claims_ends_as_if_all_came_at_once()
    {
        var random = new Random(3);
        for (var run = 0; run < 50; run++)
        {
            var model = new ServiceModel("node-a", new ServiceOptions());
            var records = new Dictionary<string, Record>();
            var effective = new Dictionary<ServiceOwner, ServicePlan>();
            for (var step = 0; step < 30; step++)
            {
                var name = $"{(char)('a' + random.Next(5))}";
                var old = records.GetValueOrDefault(name);
                Record? now = null;
                if (random.Next(3) > 0)
                {
                    var service = ServiceRecords.Service(name, $"10.96.0.{random.Next(3)}");
                    service.ExternalIps.Add($"10.96.0.{random.Next(3)}");
                    now = records[name] = ServiceRecords.Record(service);
                }
                else if (!records.Remove(name))
                {
                    continue;
                }

                model.Apply(ServiceRecords.Change(old, now));
                foreach (var (owner, plan) in model.TakeChanges())
                {
                    if (plan is null)
                    {
                        effective.Remove(owner);
                    }
                    else
                    {
                        effective[owner] = plan;
                    }
                }
            }

            var fresh = new ServiceModel("node-a", new ServiceOptions());
            foreach (var record in records.Values)
            {
                fresh.Apply(ServiceRecords.Change(null, record));
            }

            Assert.Equal(Shown(fresh.TakeChanges().Values.OfType<ServicePlan>()), Shown(effective.Values));
            Assert.Equal(fresh.Problems, model.Problems);
        }

        static IEnumerable<string> Shown(IEnumerable<ServicePlan> plans) =>
            plans.SelectMany(plan => plan.Frontends.Select(frontend => $"{plan.Owner} {frontend.Kind} {ServiceEnd.Text(frontend.Key)}")).Order();
    }

    [Fact]
    public void Node_ports_follow_the_nodes_addresses()
    {
        Add(ServiceRecords.Record(ServiceRecords.Service("a", "10.96.0.1", nodePort: 30001)));
        Add(ServiceRecords.Record(ServiceRecords.Service("b", "10.96.0.2")));
        Assert.Equal(2, _model.TakeChanges().Count);
        _model.SetAddresses([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.9")]);
        Assert.Equal(3, Plans().Single().Frontends.Count(frontend => !frontend.Flags.HasFlag(ServiceFlags.AnyNode)));
        _model.SetAddresses([IPAddress.Parse("192.0.2.9"), IPAddress.Parse("192.0.2.1")]);
        Assert.Empty(_model.TakeChanges());
    }

    [Fact]
    public void Host_ports_are_of_this_nodes_pods_with_addresses()
    {
        var pod = new Record
        {
            Kind = RecordKind.Pod, Key = "default/web-0",
            Pod = new PodRecord { Namespace = "default", Name = "web-0", Node = "node-a", HostPorts = { new HostPort { HostPort_ = 80, ContainerPort = 8080, Protocol = "TCP" } } },
        };
        Assert.True(ServiceModel.Concerns("node-a", ServiceRecords.Change(null, pod)));
        Assert.False(ServiceModel.Concerns("node-b", ServiceRecords.Change(null, pod)));
        Add(pod);
        Assert.Null(_model.TakeChanges().Single().Value);
        _model.SetPod("default/web-0", [IPAddress.Parse("10.1.0.5")]);
        Assert.Equal("10.1.0.5:8080/TCP", Plans().Single().Frontends.Single().Outside.Single().ToString());
        _model.SetPod("default/web-0", []);
        Assert.Null(_model.TakeChanges().Single().Value);
    }

    [Fact]
    public void Of_other_records_only_those_that_matter_concern_services()
    {
        var node = new Record { Kind = RecordKind.Node, Key = "node-a", Node = new NodeRecord { Name = "node-a" } };
        var moved = node.Clone();
        moved.Node.Labels["topology.kubernetes.io/zone"] = "z";
        Assert.False(ServiceModel.Concerns("node-a", ServiceRecords.Change(null, node)));
        Assert.True(ServiceModel.Concerns("node-a", ServiceRecords.Change(node, moved)));
        Assert.False(ServiceModel.Concerns("node-b", ServiceRecords.Change(node, moved)));
        Assert.False(ServiceModel.Concerns("node-a", ServiceRecords.Change(null, new Record { Kind = RecordKind.Ip, Key = "10.0.0.1", Ip = new IpRecord() })));
    }

    private void Add(Record record) => _model.Apply(ServiceRecords.Change(null, record));

    private string[] Changed() => [.. _model.TakeChanges().Keys.Select(owner => owner.Name).Order()];

    private ServicePlan[] Plans() => [.. _model.TakeChanges().OrderBy(pair => pair.Key).Select(pair => pair.Value).OfType<ServicePlan>()];
}
