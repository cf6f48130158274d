namespace Axoneme.ControlPlane.Engine;

/// <summary>The entity's mailbox is full: it gets commands faster than the journal stores them. Nothing was stored; try again later.</summary>
public sealed class MailboxFullException(string message, Exception? inner = null) : Exception(message, inner);
