using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Axoneme.Datapath.Layout;
using Axoneme.NodeActors.State;
using Axoneme.Policy;
using Axoneme.Wire.State;
using NamedPort = Axoneme.Policy.NamedPort;

namespace Axoneme.NodeActors.Policies;

/// <summary>
/// Feeds the policy engine from state records and turns what it resolves into kernel form. The state actor is the one writer; rule
/// names and explanations may be asked for by any thread.
/// </summary>
/// <param name="clusterName">The local cluster's name.</param>
/// <param name="timeProvider">Time.</param>
/// <param name="control">What policies for nodes cannot cut off; null when nothing.</param>
internal sealed partial class PolicyModel(string clusterName, TimeProvider timeProvider, ControlTraffic? control = null)
{
    private const int RulesRemembered = 65536;
    private const int RuleTextRemembered = 1 << 22;
    private const int ExplanationsRemembered = 4096;

    /// <summary>New questions answered in a second: a port scan asks a new one with every packet, on the thread that reads all events.</summary>
    internal const int ExplanationsPerSecond = 100;
    private readonly Lock _lock = new();
    private readonly PolicyEngine _engine = new(clusterName, control);
    private readonly HashSet<PolicySubject> _tracked = [];
    private readonly Dictionary<PolicySet, EndpointPolicy> _converted = [];
    private readonly Dictionary<ImmutableArray<PolicyInterval>, IntervalList> _lists = [];
    private readonly Dictionary<string, string> _problems = [];
    private readonly Dictionary<uint, Dictionary<string, ImmutableArray<NamedPort>>> _portsOf = [];
    private readonly ConcurrentDictionary<uint, RuleDescription> _rules = new();
    private readonly ConcurrentDictionary<(PolicySubject, PolicyDirection, uint, byte, ushort), Explanation> _explanations = new();
    private HashSet<uint> _cameOrWent = [];
    private long _rulesText;
    private long _secondBegan = timeProvider.GetTimestamp();
    private int _explainedInSecond;

    /// <summary>Policies and identities that are not in force because they cannot be read; what was in force before stays.</summary>
    public IReadOnlyDictionary<string, string> Problems => _problems;

    /// <summary>Prefixes that need an identity on this node.</summary>
    public IEnumerable<IPNetwork> CidrPrefixes => _engine.CidrPrefixes.Where(prefix => prefix.PrefixLength > 0);

    /// <summary>Takes in a change of an identity, pod or policy. False when it is none of these.</summary>
    public bool Apply(RecordChange change)
    {
        lock (_lock)
        {
            switch (change.Kind)
            {
                case RecordKind.Identity:
                    ApplyIdentity(change);
                    break;
                case RecordKind.Policy:
                    ApplyPolicy(change);
                    break;
                case RecordKind.Pod:
                    if (!ApplyNamedPorts(change))
                    {
                        return false;
                    }

                    break;
                default:
                    return false;
            }

            Forget();
            return true;
        }
    }

    /// <summary>Identities that became known or unknown since the last call.</summary>
    public IReadOnlySet<uint> TakeCameOrWent()
    {
        var taken = _cameOrWent;
        _cameOrWent = [];
        return taken;
    }

    /// <summary>What the policies come to for each subject, and for nobody else from now on: policies are kept up to date only for these.</summary>
    public IReadOnlyDictionary<PolicySubject, EndpointPolicy> Resolve(IReadOnlySet<PolicySubject> subjects)
    {
        lock (_lock)
        {
            foreach (var subject in subjects.Where(_tracked.Add))
            {
                _engine.Track(subject);
            }

            foreach (var subject in _tracked.Where(subject => !subjects.Contains(subject)).ToList())
            {
                _tracked.Remove(subject);
                _engine.Untrack(subject);
            }

            var sets = _engine.Sets.ToHashSet();
            foreach (var gone in _converted.Keys.Where(set => !sets.Contains(set)).ToList())
            {
                _converted.Remove(gone);
            }

            foreach (var set in sets)
            {
                _converted[set] = Convert(set, _converted.GetValueOrDefault(set));
            }

            _lists.Clear();
            return subjects.ToDictionary(subject => subject, subject => _converted[_engine.SetOf(subject)!]);
        }
    }

    /// <summary>What a rule id in an event or a map stands for; null when it is not known here.</summary>
    public RuleDescription? DescribeRule(uint rule)
    {
        if (_rules.TryGetValue(rule, out var known))
        {
            return known;
        }

        lock (_lock)
        {
            return _engine.DescribeRule(rule);
        }
    }

    /// <summary>
    /// Why traffic between a pod and a peer passes or not, seen from the pod; null when more than <see cref="ExplanationsPerSecond"/>
    /// new questions were asked within a second.
    /// </summary>
    public Explanation? Explain(PolicySubject subject, PolicyDirection direction, uint peer, byte protocol, ushort port)
    {
        var question = (subject, direction, peer, protocol, port);
        if (!_explanations.TryGetValue(question, out var explanation))
        {
            lock (_lock)
            {
                if (!MayExplain())
                {
                    return null;
                }

                if (_explanations.Count >= ExplanationsRemembered)
                {
                    _explanations.Clear();
                }

                _explanations[question] = explanation = _engine.Explain(subject, direction, peer, (IpProtocol)protocol, port);
            }
        }

        return explanation;
    }

    public static ImmutableArray<NamedPort> NamedPorts(PodRecord? pod) => pod is null
        ? []
        : [.. pod.NamedPorts.Where(port => port.Port <= ushort.MaxValue).Select(port => new NamedPort(port.Name, ProtocolOf(port.Protocol), (ushort)port.Port))];

    private bool MayExplain()
    {
        var now = timeProvider.GetTimestamp();
        if (timeProvider.GetElapsedTime(_secondBegan, now) >= TimeSpan.FromSeconds(1))
        {
            (_secondBegan, _explainedInSecond) = (now, 0);
        }

        return _explainedInSecond++ < ExplanationsPerSecond;
    }

    private static IpProtocol ProtocolOf(string name) => name switch
    {
        "UDP" => IpProtocol.Udp,
        "SCTP" => IpProtocol.Sctp,
        _ => IpProtocol.Tcp, // Kubernetes' default
    };

    private void ApplyIdentity(RecordChange change)
    {
        _problems.Remove($"identity/{change.Key}");
        if (change.New?.Identity is { } identity)
        {
            if (LabelsOf(change.Key, identity) is not { } labels)
            {
                return;
            }

            _engine.UpsertIdentity(identity.Number, labels);
            if (change.Old is null)
            {
                _cameOrWent.Add(identity.Number);
            }
            else
            {
                _cameOrWent.Remove(identity.Number); // other labels under a number the policies know: not merely new
            }
        }
        else if (change.Old?.Identity is { } gone)
        {
            _engine.RemoveIdentity(gone.Number);
            _cameOrWent.Add(gone.Number);
            if (_portsOf.ContainsKey(gone.Number))
            {
                SetNamedPorts(gone.Number);
            }
        }
    }

    /// <summary>A record that cannot be read must not keep the others of its commit from being applied.</summary>
    private LabelSet? LabelsOf(string key, IdentityRecord identity)
    {
        try
        {
            return identity.Number == 0 ? throw new FormatException("number 0 stands for any identity") : LabelSet.Parse(identity.Labels);
        }
        catch (FormatException exception)
        {
            _problems[$"identity/{key}"] = $"identity {key}: {exception.Message}";
            return null;
        }
    }

    private void ApplyPolicy(RecordChange change)
    {
        _problems.Remove(change.Key);
        if (change.New?.Policy is not { } record)
        {
            _engine.RemovePolicy(change.Key);
            NoteApiServers(change.Key, null);
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(record.Json);
            var result = PolicyParser.Parse(document.RootElement);
            if (result.Policy is { } policy)
            {
                _engine.UpsertPolicy(change.Key, policy);
                NoteApiServers(change.Key, policy);
            }
            else
            {
                _problems[change.Key] = $"policy {change.Key}: {string.Join("; ", result.Errors)}";
            }
        }
        catch (JsonException exception)
        {
            _problems[change.Key] = $"policy {change.Key}: not JSON: {exception.Message}";
        }
    }

    private bool ApplyNamedPorts(RecordChange change)
    {
        var (old, now) = (change.Old?.Pod, change.New?.Pod);
        var (oldPorts, newPorts) = (NamedPorts(old), NamedPorts(now));
        if (old?.Identity == now?.Identity && oldPorts.SequenceEqual(newPorts) || oldPorts.IsEmpty && newPorts.IsEmpty)
        {
            return false;
        }

        if (old is not null && _portsOf.TryGetValue(old.Identity, out var before) && before.Remove(change.Key))
        {
            SetNamedPorts(old.Identity);
        }

        if (now is { Identity: not 0 } && !newPorts.IsEmpty)
        {
            if (!_portsOf.TryGetValue(now.Identity, out var after))
            {
                _portsOf[now.Identity] = after = [];
            }

            after[change.Key] = newPorts;
            SetNamedPorts(now.Identity);
        }

        return true;
    }

    private void SetNamedPorts(uint identity)
    {
        var pods = _portsOf[identity];
        _engine.SetNamedPorts(identity, pods.Values.SelectMany(ports => ports));
        if (pods.Count == 0)
        {
            _portsOf.Remove(identity);
        }
    }

    private EndpointPolicy Convert(PolicySet set, EndpointPolicy? old)
    {
        var changed = set.TakeChanged();
        if (old is not null && changed is not null)
        {
            return changed.Count == 0 ? old : old.With(changed.Select(key => KeyValuePair.Create(SlotOf(key), set.Entry(key) is { } intervals ? ListOf(intervals) : null)));
        }

        var enforcement = (set.IngressEnforced ? EndpointFlags.IngressEnforced : 0) | (set.EgressEnforced ? EndpointFlags.EgressEnforced : 0);
        return new EndpointPolicy(enforcement, set.Entries().Select(entry => KeyValuePair.Create(SlotOf(entry.Key), ListOf(entry.Value))));
    }

    private static PolicySlot SlotOf(PolicyMapKey key) => new((TrafficDirection)key.Direction, key.Identity);

    private IntervalList ListOf(ImmutableArray<PolicyInterval> intervals)
    {
        if (!_lists.TryGetValue(intervals, out var list))
        {
            _lists[intervals] = list = new IntervalList(intervals.Select(interval => new PolicyRangeEntry(interval.Low, interval.High, (uint)Enforceable(interval), interval.Rule)));
            foreach (var interval in intervals)
            {
                Remember(interval.Rule);
            }
        }

        return list;
    }

    /// <summary>
    /// What the kernel does about a verdict. There is no proxy yet and no authentication: what would be inspected or must prove itself is dropped, because
    /// letting it pass would be less than the policy demands; only what the proxy would neither refuse nor change passes.
    /// </summary>
    private static PolicyVerdict Enforceable(PolicyInterval interval) =>
        interval.Verdict == PolicyVerdict.Allow && interval.Authentication == AuthenticationMode.Disabled ? PolicyVerdict.Allow
        : interval is { Verdict: PolicyVerdict.Redirect, Authentication: AuthenticationMode.Disabled, Inspection.MayPassUninspected: true } ? PolicyVerdict.Allow
        : PolicyVerdict.Deny;

    private void Remember(uint rule)
    {
        if (!_rules.ContainsKey(rule) && _engine.DescribeRule(rule) is { } description)
        {
            // Whoever asks for one that is forgotten waits for the engine.
            if (_rules.Count >= RulesRemembered || _rulesText > RuleTextRemembered)
            {
                _rules.Clear();
                _rulesText = 0;
            }

            _rules[rule] = description;
            _rulesText += description.Text.Length;
        }
    }

    private void Forget() => _explanations.Clear();
}
