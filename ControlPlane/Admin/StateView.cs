namespace Axoneme.ControlPlane.Admin;

public sealed record StateView(string Kind, ulong Epoch, ulong Revision, IReadOnlyList<StateRecordView> Records);
