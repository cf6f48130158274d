using Axoneme.Datapath.Loading;
using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Attachment;

/// <summary>
/// The programs of a cgroup's sockets, attached by pinned links such as <c>links/cgroup_connect4</c>. All of a node are on one cgroup, whose descendants they serve, too.
/// </summary>
internal sealed class SocketAttachment(LoadedObject programs, PinDirectory pins)
{
    /// <summary>The object file that has them.</summary>
    public const string ObjectName = "sock.bpf.o";

    private static readonly (string Program, BpfAttachType Type)[] _hooks =
    [
        ("recvmsg4", BpfAttachType.CgroupUdp4ReceiveMessage),
        ("recvmsg6", BpfAttachType.CgroupUdp6ReceiveMessage),
        ("getpeername4", BpfAttachType.CgroupInet4GetPeerName),
        ("getpeername6", BpfAttachType.CgroupInet6GetPeerName),
        ("bind4", BpfAttachType.CgroupInet4PostBind),
        ("bind6", BpfAttachType.CgroupInet6PostBind),

        // Answers are understood before anything is asked.
        ("connect4", BpfAttachType.CgroupInet4Connect),
        ("connect6", BpfAttachType.CgroupInet6Connect),
        ("sendmsg4", BpfAttachType.CgroupUdp4SendMessage),
        ("sendmsg6", BpfAttachType.CgroupUdp6SendMessage),
    ];

    /// <summary>One of the programs.</summary>
    public static string FirstName => _hooks[0].Program;

    /// <summary>Attaches to a cgroup directory; from another one that an earlier call named they go, once they are here.</summary>
    /// <exception cref="KernelException">The kernel refused, or the cgroup is another node's.</exception>
    public void Attach(string cgroup)
    {
        using var directory = FileSystem.Open(cgroup, directory: true);
        RefuseAnotherNodes(directory, cgroup);
        var (_, number) = FileSystem.Identity(directory, cgroup);
        foreach (var (name, type) in _hooks)
        {
            using var existing = Pinned(name);
            if (existing is not null && IsOn(existing, number) && BpfLinkCalls.Update(existing, programs.Program(name)) == 0)
            {
                continue;
            }

            var result = BpfLinkCalls.Create(programs.Program(name), directory, type);
            if (result < 0)
            {
                throw KernelException.For($"cgroup {cgroup}", $"attach {name}", -result);
            }

            using var link = new FileDescriptor(result);
            PinDirectory.PinReplacing(link, PathOf(name));
            if (existing is not null)
            {
                BpfLinkCalls.Detach(existing); // refuses when its cgroup is gone, which is as good
            }
        }
    }

    /// <summary>Puts the programs in the place of older ones, wherever those are.</summary>
    public void TakeOver()
    {
        foreach (var (name, _) in _hooks)
        {
            using var link = Pinned(name);
            var result = link is null ? 0 : BpfLinkCalls.Update(link, programs.Program(name));
            if (result == -Errno.NoLink)
            {
                FileSystem.Remove(PathOf(name)); // the cgroup went
            }
            else if (result < 0)
            {
                throw KernelException.For($"link {PathOf(name)}", "update", -result);
            }
        }
    }

    /// <summary>Whether all of them are on a cgroup.</summary>
    public bool IsAttached()
    {
        foreach (var (name, _) in _hooks)
        {
            using var link = Pinned(name);
            if (link is null || CgroupOf(link) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Detaches them; no effect when they are not there.</summary>
    public void Detach()
    {
        foreach (var (name, _) in _hooks.AsEnumerable().Reverse())
        {
            using var link = Pinned(name);
            if (link is not null)
            {
                BpfLinkCalls.Detach(link);
                FileSystem.Remove(PathOf(name));
            }
        }
    }

    /// <summary>Programs of two nodes would both translate every socket there. Links that another node's agent left pinned count as much as those of one that runs.</summary>
    private void RefuseAnotherNodes(FileDescriptor directory, string cgroup)
    {
        foreach (var (name, type) in _hooks)
        {
            using var link = Pinned(name);
            var own = link is null ? 0 : BpfObjectCalls.Info<BpfCgroupLinkInfo>(link, "link of a cgroup").ProgramId;
            foreach (var program in BpfCgroupCalls.Programs(directory, cgroup, type))
            {
                if (program != own && SocketProgram.Is(program, name))
                {
                    throw new KernelException(
                        $"cgroup {cgroup}: another node's agent has its sockets (program {name}, number {program}); give each node a cgroup of its own (--cgroup-root), or take the other one off with `axoneme cleanup`");
                }
            }
        }
    }

    private static bool IsOn(FileDescriptor link, ulong cgroup) => CgroupOf(link) == cgroup;

    private static ulong CgroupOf(FileDescriptor link) => BpfObjectCalls.Info<BpfCgroupLinkInfo>(link, "link of a cgroup").Cgroup;

    private FileDescriptor? Pinned(string name) => BpfObjectCalls.OpenPinned(PathOf(name));

    private string PathOf(string name) => Path.Combine(pins.Links, $"cgroup_{name}");
}
