using Axoneme.PolicyOracle.Generation;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.Policy.Tests.Oracle;

/// <summary>Whatever policies there are: control traffic of a node passes, and nothing else is judged otherwise for it.</summary>
public sealed class ControlTrafficPropertyTests
{
    private static readonly ControlTraffic Control = new() { TunnelPort = 8472, ControlPlanePort = 9871 };

    private static readonly Config Cases = Config.QuickThrowOnFailure.WithMaxTest(
        int.TryParse(Environment.GetEnvironmentVariable("AXONEME_CASES"), out var cases) ? cases / 10 : 500);

    private static readonly Arbitrary<PolicyCase> Worlds =
        Arb.From(PolicyCases.Any(40).Select(made => made with { World = JudgedWorld.DualStack(made.World) }), PolicyCases.Shrink);

    [Fact]
    public void Exactly_control_traffic_of_nodes_is_beyond_policy() => Prop.ForAll(Worlds, made =>
    {
        var difference = FirstDifference(made);
        return (difference is null).Label($"{difference}\n{made.ToYaml()}");
    }).Check(Cases);

    private static string? FirstDifference(PolicyCase made)
    {
        var numbers = new Dictionary<string, uint>();
        var (plain, guarded) = (new JudgedWorld(made.World, made.Documents, numbers), new JudgedWorld(made.World, made.Documents, numbers, Control));
        foreach (var subject in plain.Subjects.Distinct())
        {
            var (without, with) = (plain.Engine.Track(subject), guarded.Engine.Track(subject));
            foreach (var (identity, direction) in from peer in plain.Engine.Identities.Keys.Append(4711u)
                     from direction in new[] { PolicyDirection.Ingress, PolicyDirection.Egress }
                     select (peer, direction))
            {
                var control = subject.IsNode ? Control.With(ControlTraffic.PeersOf(plain.Engine.Identities.GetValueOrDefault(identity)), direction).ToList() : [];
                var classes = control.SelectMany(match => new[] { match.LowClass - 1, match.LowClass, match.HighClass, match.HighClass + 1 })
                    .Concat(made.Questions.Select(question => TrafficMatch.ClassOf(IpProtocol.Tcp, (ushort)question.Traffic.Number)));
                foreach (var trafficClass in classes)
                {
                    var (expected, found) = (without.Lookup(direction, identity, trafficClass), with.Lookup(direction, identity, trafficClass));
                    var passes = expected.Verdict == PolicyVerdict.Allow && expected.Authentication == AuthenticationMode.Disabled;
                    if (!passes && control.Exists(match => match.LowClass <= trafficClass && trafficClass <= match.HighClass))
                    {
                        expected = new PolicyInterval(0, 0, PolicyVerdict.Allow, ImplicitRule.ControlTraffic);
                    }

                    // Of several rules that decide, the one that is named may be another: control traffic cuts intervals.
                    if (found.Verdict != expected.Verdict || found.IsWritten != expected.IsWritten || (!found.IsWritten && found.Rule != expected.Rule)
                        || found.Authentication != expected.Authentication)
                    {
                        return $"{subject.Labels} {direction} {identity} {trafficClass:x}: found {found}, expected {expected}";
                    }
                }
            }
        }

        return null;
    }
}
