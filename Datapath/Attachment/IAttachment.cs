namespace Axoneme.Datapath.Attachment;

/// <summary>One way to put the programs of one role on interfaces of the calling thread's network namespace.</summary>
internal interface IAttachment
{
    /// <summary>Attaches both programs, or replaces older ones so that each packet sees the old or the new one.</summary>
    void Attach(uint ifindex);

    /// <summary>Detaches both; no effect when they are not there or the interface is gone.</summary>
    void Detach(uint ifindex);

    /// <summary>Interfaces that carry both programs this way.</summary>
    IReadOnlyCollection<uint> Interfaces();

    /// <summary>Interfaces that carry at least one of the programs this way: a process that was killed while attaching leaves one alone.</summary>
    IReadOnlyCollection<uint> PartlyAttached();
}
