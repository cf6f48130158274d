using Axoneme.Datapath.Loading;

namespace Axoneme.Datapath.Attachment;

/// <summary>The interfaces of one role: attached one way, and whatever an earlier process attached the other way.</summary>
internal sealed class RoleAttachment : IAttachment
{
    private readonly TcxAttachment _tcx;
    private readonly IAttachment _ours;
    private readonly IAttachment _others;

    public RoleAttachment(InterfacePrograms programs, PinDirectory pins, string bpfRoot, bool usesTcx)
    {
        _tcx = new TcxAttachment(programs, pins);
        var clsact = new ClsactAttachment(programs, bpfRoot);
        (_ours, _others) = usesTcx ? ((IAttachment)_tcx, (IAttachment)clsact) : (clsact, _tcx);
    }

    /// <summary>
    /// Puts the programs where older ones are, one of them even: whoever wants no programs there finds both and detaches them. The other kind of
    /// attachment goes only after ours is there.
    /// </summary>
    /// <param name="reached">Told of each interface.</param>
    public void TakeOver(Action<string> reached)
    {
        _tcx.RemoveStale();
        foreach (var ifindex in _ours.PartlyAttached().Union(_others.PartlyAttached()))
        {
            _ours.Attach(ifindex);
            _others.Detach(ifindex);
            reached($"interface {ifindex} switched");
        }
    }

    public void Attach(uint ifindex) => _ours.Attach(ifindex);

    public void Detach(uint ifindex) => _ours.Detach(ifindex);

    public IReadOnlyCollection<uint> Interfaces() => _ours.Interfaces();

    public IReadOnlyCollection<uint> PartlyAttached() => _ours.PartlyAttached();
}
