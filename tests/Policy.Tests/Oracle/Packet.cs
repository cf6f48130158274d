namespace Axoneme.Policy.Tests.Oracle;

/// <summary>Traffic of a subject with a peer.</summary>
public sealed record Packet(string SubjectApp, string SubjectNamespace, bool Ingress, Party Peer, string Protocol, int Port);
