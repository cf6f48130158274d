namespace Axoneme.NodeActors.Health;

/// <summary>What a responder answers.</summary>
/// <param name="Status">Number and phrase.</param>
/// <param name="Body">In ASCII.</param>
/// <param name="Headers">Whole lines with their ends, beside those that frame the answer.</param>
internal readonly record struct HttpAnswer(string Status, string Body = "", string Headers = "");
