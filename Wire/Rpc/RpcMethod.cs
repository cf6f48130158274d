using Google.Protobuf;

namespace Axoneme.Wire.Rpc;

/// <summary>One line of a service's method table. Written by hand, because nothing generates it; a test compares the tables with the descriptors.</summary>
/// <param name="Service">The service's full name, for example <c>axoneme.services.v1.StateStream</c>.</param>
/// <param name="Name">The method's name.</param>
/// <param name="Request">Reads a request.</param>
/// <param name="Response">Reads an answer.</param>
public sealed record RpcMethod<TRequest, TResponse>(string Service, string Name, MessageParser<TRequest> Request, MessageParser<TResponse> Response)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    /// <summary>The HTTP path.</summary>
    public string Path { get; } = $"/{Service}/{Name}";
}
