using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Axoneme.Policy;

/// <summary>
/// Rule ids. An id is taken from a hash of policy, section and text, so a rule keeps it over restarts and has the same one on every node,
/// and what the kernel recorded stays readable. Descriptions of removed rules are kept for a while, since events about them still arrive.
/// </summary>
internal sealed class RuleNumbers
{
    private const int RetiredKept = 4096;

    /// <summary>Characters of the texts of retired rules that are kept.</summary>
    private const int RetiredTextKept = 1 << 22;

    private readonly Dictionary<uint, RuleDescription> _rules = [];
    private readonly HashSet<uint> _live = [];
    private readonly Queue<uint> _retired = [];
    private long _retiredText;

    /// <summary>Gives a rule its id.</summary>
    public uint Take(RuleDescription rule)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{rule.PolicyKey}\n{rule.Section}\n{rule.Text}"));
        var id = BinaryPrimitives.ReadUInt32LittleEndian(hash);
        while (id < ImplicitRule.FirstWritten || (_rules.TryGetValue(id, out var other) && other != rule))
        {
            id++;
        }

        _rules[id] = rule;
        return id;
    }

    /// <summary>Marks a rule as in force.</summary>
    public void Keep(uint id) => _live.Add(id);

    public void Retire(uint id)
    {
        _live.Remove(id);
        _retired.Enqueue(id);
        _retiredText += TextOf(id);
        while (_retired.Count > RetiredKept || (_retired.Count > 0 && _retiredText > RetiredTextKept))
        {
            var oldest = _retired.Dequeue();
            _retiredText -= TextOf(oldest);
            if (!_live.Contains(oldest) && !_retired.Contains(oldest))
            {
                _rules.Remove(oldest);
            }
        }
    }

    public RuleDescription? Describe(uint id) => id switch
    {
        ImplicitRule.None => new RuleDescription("", "", "no rule allows it (default deny)"),
        ImplicitRule.NotEnforced => new RuleDescription("", "", "no policy restricts this direction"),
        ImplicitRule.FromHost => new RuleDescription("", "", "the pod's own node may always reach it"),
        ImplicitRule.ControlTraffic => new RuleDescription("", "", "control traffic of the node, which no policy cuts off"),
        _ => _rules.GetValueOrDefault(id),
    };

    private int TextOf(uint id) => _rules.TryGetValue(id, out var rule) ? rule.Text.Length : 0;
}
