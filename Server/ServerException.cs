namespace Axoneme.Server;

/// <summary>The server cannot start or go on; the message names the option or object and what to do.</summary>
internal sealed class ServerException(string message, Exception? inner = null) : Exception(message, inner);
