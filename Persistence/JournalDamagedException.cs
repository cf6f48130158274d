namespace Axoneme.Persistence;

/// <summary>The journal's file is not one this program can trust: damaged, of a newer schema, or no journal. Nothing was changed.</summary>
public sealed class JournalDamagedException(string message, Exception? inner = null) : Exception(message, inner);
