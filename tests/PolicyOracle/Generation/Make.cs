using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Axoneme.PolicyOracle.Generation;

/// <summary>Small words the generators are written with.</summary>
internal static class Make
{
    /// <summary>An object of the members that are not null.</summary>
    public static JsonObject Object(params (string Name, JsonNode? Value)[] members) => new(
        members.Where(m => m.Value is not null).Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Value!.DeepClone())));

    public static JsonArray List(IEnumerable<JsonNode> items) => new([.. items.Select(i => i.DeepClone())]);

    public static JsonArray List(IEnumerable<string> items) => new([.. items.Select(i => (JsonNode)i)]);

    public static JsonElement ToElement(this JsonNode node) => JsonSerializer.SerializeToElement(node);

    /// <summary>Between <paramref name="least"/> and <paramref name="most"/> of them.</summary>
    public static Gen<T[]> Few<T>(this Gen<T> gen, int least, int most) =>
        from count in Gen.Choose(least, most)
        from items in gen.ArrayOf(count)
        select items;

    /// <summary>Null, except in so many of a hundred cases.</summary>
    public static Gen<T?> Sometimes<T>(this Gen<T> gen, int percent)
        where T : class =>
        Gen.Frequency((percent, gen.Select(x => (T?)x)), (100 - percent, Gen.Constant<T?>(null)));

    /// <summary>True in so many of a hundred cases.</summary>
    public static Gen<bool> Chance(int percent) => Gen.Choose(1, 100).Select(n => n <= percent);
}
