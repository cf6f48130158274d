namespace Axoneme.Policy;

/// <summary>Refuses what the language has and the datapath does not enforce: accepting it would pretend a protection that is not there.</summary>
internal static class NotEnforcedYet
{
    public static void Refuse(FieldReader at, string field, string what) =>
        at.Refuse(field, $"{what} are not enforced yet, so this policy is refused as a whole; remove the field or write the rule without it");

    /// <summary>Refuses a field if it is there.</summary>
    public static void RefuseIfPresent(FieldReader at, string field, string what)
    {
        if (at.Has(field))
        {
            Refuse(at, field, what);
        }
    }
}
