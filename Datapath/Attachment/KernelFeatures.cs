using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Attachment;

/// <summary>What this kernel can do, asked once each.</summary>
public static class KernelFeatures
{
    private static readonly Lazy<bool> _tcx = new(ProbeTcx);

    /// <summary>Attachment of tc programs by links (Linux 6.6).</summary>
    public static bool Tcx => _tcx.Value;

    /// <summary>Attaches to an interface that cannot exist: a kernel with tcx misses the interface, an older one the attach type.</summary>
    private static bool ProbeTcx()
    {
        const uint NoInterface = int.MaxValue;
        using var program = BpfProgramCalls.LoadEmpty();
        var result = BpfLinkCalls.Create(program, NoInterface, BpfAttachType.TcxIngress);
        return result switch
        {
            -Errno.NoDevice => true,
            -Errno.Invalid => false,
            _ => throw KernelException.For("feature tcx", "probe", -result),
        };
    }
}
