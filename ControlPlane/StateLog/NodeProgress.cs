namespace Axoneme.ControlPlane.StateLog;

/// <summary>What a node last said it enforces. <c>Current</c>: the epoch is the log's, so that the revision says something about it.</summary>
public sealed record NodeProgress(string Node, ulong Epoch, ulong Revision, DateTimeOffset Time, bool Current);
