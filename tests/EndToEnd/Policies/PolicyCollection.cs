namespace Axoneme.EndToEnd.Policies;

/// <summary>One node for all policy cases: each brings its policy and takes it away again.</summary>
[CollectionDefinition(Name)]
public sealed class PolicyCollection : ICollectionFixture<PolicyBed>
{
    public const string Name = "policies";
}
