namespace Axoneme.Policy;

/// <summary>One member of <c>rules.http</c>, <c>kafka</c>, <c>dns</c> or <c>l7</c>.</summary>
public abstract record RequestRule
{
    /// <summary>True when it refuses no request of its protocol.</summary>
    public abstract bool PermitsEverything { get; }

    /// <summary>True when it may change a request that it permits, which only a proxy can.</summary>
    public virtual bool ChangesRequests => false;

    /// <summary>Whether a part of a request (<see cref="Request.Parts"/>) passes; false also for one of another protocol.</summary>
    public abstract bool Permits(Request request);
}
