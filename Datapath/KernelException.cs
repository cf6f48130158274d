using System.Runtime.InteropServices;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath;

/// <summary>The kernel refused something. The message holds the object, the operation and the reason.</summary>
public sealed class KernelException(string message, int errorNumber = 0, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The errno value, 0 when there was none.</summary>
    public int ErrorNumber { get; } = errorNumber;

    /// <summary>This kernel cannot do it at all, however often it is asked (EOPNOTSUPP).</summary>
    public bool IsNotSupported => ErrorNumber == Errno.OperationNotSupported;

    /// <summary>Makes the message from its parts, with the system's text for the error number.</summary>
    /// <param name="subject">The object, for example <c>map endpoints</c>.</param>
    /// <param name="operation">What was asked of it, for example <c>put</c>.</param>
    /// <param name="errorNumber">The errno value, positive.</param>
    /// <param name="detail">The kernel's own words (verifier log, netlink's extended acknowledgement) or advice, if any.</param>
    public static KernelException For(string subject, string operation, int errorNumber, string? detail = null)
    {
        var reason = $"{subject}: {operation}: {Marshal.GetPInvokeErrorMessage(errorNumber)} (errno {errorNumber})";
        return new(string.IsNullOrEmpty(detail) ? reason : $"{reason}: {detail}", errorNumber);
    }
}
