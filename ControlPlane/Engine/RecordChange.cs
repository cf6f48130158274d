using Axoneme.Wire.State;

namespace Axoneme.ControlPlane.Engine;

/// <summary>
/// A change of the state log. <paramref name="Value"/> carries the record's value (key, kind and revision are filled in by the log);
/// null deletes the key, if <paramref name="DeleteWhen"/> agrees with what stands there (an address may belong to another pod by now).
/// </summary>
public sealed record RecordChange(RecordKind Kind, string Key, Record? Value, Func<Record, bool>? DeleteWhen = null);
