using Axoneme.Datapath;
using Axoneme.Datapath.Network;
using Axoneme.NodeActors.Addresses;
using Axoneme.NodeActors.Endpoints;
using Axoneme.Persistence;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Cni;

/// <summary>
/// Answers CNI calls. Source: CNI specification 1.1.0. Every failure is a <see cref="CniException"/>, so that the runtime always gets
/// an error object.
/// </summary>
internal sealed class CniServer(EndpointService endpoints, Func<IReadOnlyList<string>> notReady)
{
    private static readonly byte[] Nothing = "{}"u8.ToArray();

    /// <summary>Handles a call; <paramref name="verb"/> is the command in lower case. Returns the answer's JSON.</summary>
    /// <exception cref="CniException">It failed.</exception>
    public async Task<byte[]> HandleAsync(string verb, CniCall call, CancellationToken cancellationToken)
    {
        try
        {
            switch (verb)
            {
                case "add":
                    var request = CniRequest.Read(call, needsNetns: true);
                    RequireNetns(request.Netns);
                    var endpoint = await endpoints.AddAsync(request, cancellationToken).ConfigureAwait(false);
                    return CniResult.Write(request.Config.Version, endpoint.Interface);
                case "del":
                    var gone = CniRequest.Read(call, needsNetns: false);
                    await endpoints.DeleteAsync(gone.ContainerId, gone.IfName, cancellationToken).ConfigureAwait(false);
                    return Nothing;
                case "check":
                    Check(CniRequest.Read(call, needsNetns: true));
                    return Nothing;
                case "gc":
                    await CollectAsync(CniConfig.Read(call.Config), cancellationToken).ConfigureAwait(false);
                    return Nothing;
                case "status":
                    CniConfig.Read(call.Config);
                    return Status();
                default:
                    throw new CniException(CniCodes.InvalidEnvironment, $"CNI_COMMAND: \"{verb}\" is not one of add, del, check, gc, status");
            }
        }
        catch (KernelException exception)
        {
            throw new CniException(CniCodes.Kernel, exception.Message, null, exception);
        }
        catch (JournalUnavailableException exception)
        {
            throw new CniException(CniCodes.InputOutput, $"local journal: {exception.Message}", "is the disk of the state directory full?", exception);
        }
        catch (NodeAgentException exception)
        {
            throw new CniException(CniCodes.TryAgainLater, exception.Message, null, exception);
        }
        catch (IOException exception)
        {
            throw new CniException(CniCodes.InputOutput, exception.Message, null, exception);
        }
    }

    private static void RequireNetns(string path)
    {
        if (!File.Exists(path))
        {
            throw new CniException(CniCodes.InvalidEnvironment, $"CNI_NETNS: \"{path}\" does not exist", "the container may have ended; its DEL needs no namespace");
        }

        using var netns = NetworkNamespace.Open(path);
        using var own = NetworkNamespace.Current();
        if (netns.IsSameAs(own))
        {
            // A pod's default route and addresses here would cut the node off.
            throw new CniException(
                CniCodes.InvalidEnvironment, $"CNI_NETNS: \"{path}\" is the node's own namespace, which no pod may be added to",
                "pods on the host's network (hostNetwork) need no ADD; others need a namespace of their own");
        }
    }

    private void Check(CniRequest request)
    {
        var differences = endpoints.Check(request.ContainerId, request.IfName)
            ?? throw new CniException(CniCodes.UnknownAttachment, $"container {request.ContainerId} has no interface {request.IfName} of this plugin", "ADD it");
        if (differences.Count > 0)
        {
            throw new CniException(
                CniCodes.Different, $"container {request.ContainerId}, interface {request.IfName}: {differences.Count} differences", string.Join("; ", differences));
        }
    }

    private async Task CollectAsync(CniConfig config, CancellationToken cancellationToken)
    {
        var valid = config.ValidAttachments();
        foreach (var endpoint in endpoints.Endpoints.Where(e => !e.IsHealth && !valid.Contains(e.Attachment)).ToArray())
        {
            await endpoints.DeleteAsync(endpoint.ContainerId, endpoint.Interface.PodName, cancellationToken).ConfigureAwait(false);
        }
    }

    private byte[] Status()
    {
        List<string> reasons = [.. notReady()];
        reasons.AddRange(endpoints.Pools.Select(pool => pool.View).Where(pool => pool.InUse >= pool.Capacity)
            .Select(pool => new AddressPoolExhaustedException(System.Net.IPNetwork.Parse(pool.Cidr), pool.Capacity).Message));
        return reasons.Count == 0 ? Nothing : throw new CniException(CniCodes.NotReady, "the agent cannot add pods", string.Join("; ", reasons));
    }
}
