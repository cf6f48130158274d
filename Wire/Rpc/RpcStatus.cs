namespace Axoneme.Wire.Rpc;

/// <summary>How a call ended: gRPC's status codes (https://grpc.io/docs/guides/status-codes).</summary>
public enum RpcStatus
{
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,

    /// <summary>Also: a message is larger than the receiver takes.</summary>
    ResourceExhausted = 8,

    /// <summary>The statement is understood and refused; repeating it unchanged does not help.</summary>
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,

    /// <summary>The server has no such method.</summary>
    Unimplemented = 12,

    /// <summary>The server failed, or one side did not keep to the protocol.</summary>
    Internal = 13,

    /// <summary>There was no conversation, or it broke off: try again.</summary>
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}
