namespace Axoneme.Policy;

/// <summary>What comes of a request whose header is not as a rule wants it (<c>headerMatches[].mismatch</c>).</summary>
public enum HeaderMismatch : byte
{
    /// <summary>The rule does not hold; what no field says.</summary>
    Refuse,

    /// <summary>The rule holds, the mismatch is logged.</summary>
    Log,

    /// <summary>The rule holds, the value is added to the header.</summary>
    Add,

    /// <summary>The rule holds, the header is removed.</summary>
    Delete,

    /// <summary>The rule holds, the header gets the value.</summary>
    Replace,
}
