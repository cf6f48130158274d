using System.Text.Json;

namespace Axoneme.ControlPlane.Admin;

public sealed record StateRecordView(string Key, ulong Revision, JsonElement Value);
