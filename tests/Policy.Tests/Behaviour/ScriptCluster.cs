using System.Text.Json;
using Axoneme.Kubernetes;

namespace Axoneme.Policy.Tests.Behaviour;

/// <summary>The endpoints and objects of a script, and an engine that follows every change to them.</summary>
internal sealed class ScriptCluster
{
    private const uint FirstIdentity = 1000;
    private const uint UnknownIdentity = 4711;

    private readonly PolicyEngine _engine = new(ScriptEndpoint.LocalCluster);
    private readonly Dictionary<string, PolicyObject> _objects = [];
    private readonly Dictionary<string, Dictionary<string, string>> _namespaces = [];
    private readonly Dictionary<string, ScriptEndpoint> _endpoints = [];
    private readonly Dictionary<LabelSet, uint> _identities = [];
    private readonly Dictionary<string, uint> _identityOf = [];
    private readonly Dictionary<string, PolicySubject> _subjects = [];
    private uint _lastIdentity = FirstIdentity;

    /// <summary>Does what a section that is no table says.</summary>
    public void Do(ScriptStep step)
    {
        switch (step.Kind)
        {
            case "policies":
                Apply(step);
                break;
            case "endpoints":
                foreach (var (_, words) in step.Rows())
                {
                    Add(new ScriptEndpoint(words));
                }

                break;
            default:
                foreach (var (_, words) in step.Rows())
                {
                    Remove(words[0]);
                }

                break;
        }

        Settle();
    }

    /// <summary>A cluster of the same content, made in another order and without the history.</summary>
    public ScriptCluster Rebuilt()
    {
        var other = new ScriptCluster();
        foreach (var (ns, labels) in _namespaces)
        {
            other._namespaces[ns] = labels;
        }

        foreach (var endpoint in _endpoints.Values.Reverse())
        {
            other.Add(endpoint);
        }

        foreach (var (key, value) in _objects.Reverse())
        {
            other._objects[key] = value;
            other._engine.UpsertPolicy(key, value);
        }

        other.Settle();
        return other;
    }

    /// <summary>What becomes of traffic, in one direction or (null) in both.</summary>
    public FlowVerdict Judge(PolicyDirection? direction, string from, string to, IpProtocol protocol, ushort port)
    {
        var (source, destination) = (Find(from), Find(to));
        var egress = direction != PolicyDirection.Ingress && source.IsJudged
            ? _engine.Explain(_subjects[from], PolicyDirection.Egress, _identityOf[to], protocol, port) : null;
        var ingress = direction != PolicyDirection.Egress && destination.IsJudged
            ? _engine.Explain(_subjects[to], PolicyDirection.Ingress, _identityOf[from], protocol, port) : null;
        return egress is null && ingress is null
            ? throw new FormatException($"neither {from} nor {to} is an endpoint whose traffic is judged there")
            : new FlowVerdict(egress, ingress);
    }

    private ScriptEndpoint Find(string name)
    {
        if (!_endpoints.ContainsKey(name))
        {
            Add(ScriptEndpoint.Implied(name));
            Settle();
        }

        return _endpoints[name];
    }

    /// <exception cref="FormatException">An object cannot be read or is refused.</exception>
    private void Apply(ScriptStep step)
    {
        var read = YamlDocuments.Read("policies", step.Text);
        if (!read.Errors.IsEmpty)
        {
            throw new FormatException(string.Join("; ", read.Errors));
        }

        foreach (var document in read.Documents)
        {
            if (document.Kind == "Namespace")
            {
                _namespaces[document.Name] = document.Body.GetProperty("metadata").TryGetProperty("labels", out var labels)
                    ? labels.Deserialize<Dictionary<string, string>>()! : [];
                continue;
            }

            var result = PolicyParser.Parse(document.Body);
            var policy = result.Policy ?? throw new FormatException(
                $"line {step.FirstLine + document.Line - 1}: {document.Kind} {document.Name} is refused: {string.Join("; ", result.Errors)}");
            _objects[policy.Key] = policy;
            _engine.UpsertPolicy(policy.Key, policy);
        }
    }

    private void Add(ScriptEndpoint endpoint) => _endpoints[endpoint.Name] = endpoint;

    /// <param name="name">An endpoint's name, or an object's <c>Kind/namespace/name</c>.</param>
    private void Remove(string name)
    {
        if (_endpoints.Remove(name))
        {
            _identityOf.Remove(name);
            if (_subjects.Remove(name, out var subject))
            {
                _engine.Untrack(subject);
            }
        }
        else if (!_objects.Remove(name) || !_engine.RemovePolicy(name))
        {
            throw new FormatException($"there is no {name} to remove");
        }
    }

    /// <summary>Gives every endpoint the identity of its labels, as agent and control plane do after each change.</summary>
    private void Settle()
    {
        foreach (var endpoint in _endpoints.Values)
        {
            var labels = endpoint.LabelsIn(_engine, _namespaces);
            _identityOf[endpoint.Name] = endpoint.IsUnknown ? UnknownIdentity : IdentityOf(endpoint, labels);
            var subject = new PolicySubject(labels, endpoint.Ports);
            if (endpoint.IsJudged && !subject.Equals(_subjects.GetValueOrDefault(endpoint.Name)))
            {
                _engine.Track(subject);
                if (_subjects.Remove(endpoint.Name, out var old))
                {
                    _engine.Untrack(old);
                }

                _subjects[endpoint.Name] = subject;
            }
        }

        foreach (var identity in _identityOf.Values.Distinct())
        {
            _engine.SetNamedPorts(identity, _endpoints.Values.Where(endpoint => _identityOf[endpoint.Name] == identity).SelectMany(endpoint => endpoint.Ports));
        }

        foreach (var (labels, number) in _identities.Where(identity => !_identityOf.ContainsValue(identity.Value)).ToList())
        {
            _identities.Remove(labels);
            _engine.RemoveIdentity(number);
        }
    }

    private uint IdentityOf(ScriptEndpoint endpoint, LabelSet labels)
    {
        if (endpoint.IsHost)
        {
            _engine.UpsertIdentity(ReservedIdentity.Host, labels);
            return ReservedIdentity.Host;
        }

        if (ReservedIdentity.All.FirstOrDefault(number => ReservedIdentity.LabelsOf(number).Equals(labels)) is > 0 and var reserved)
        {
            return reserved;
        }

        if (!_identities.TryGetValue(labels, out var identity))
        {
            _identities[labels] = identity = ++_lastIdentity;
            _engine.UpsertIdentity(identity, labels);
        }

        return identity;
    }
}
