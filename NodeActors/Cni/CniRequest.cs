using System.Text.RegularExpressions;
using Axoneme.Wire.Agent;

namespace Axoneme.NodeActors.Cni;

/// <summary>A call on one attachment, checked.</summary>
internal sealed partial record CniRequest(CniConfig Config, string ContainerId, string Netns, string IfName, string Namespace, string Pod, string PodUid)
{
    /// <exception cref="CniException">The configuration or the environment is wrong; the message names field or variable.</exception>
    public static CniRequest Read(CniCall call, bool needsNetns)
    {
        var config = CniConfig.Read(call.Config);
        if (string.IsNullOrEmpty(call.ContainerId) || !ContainerIdForm().IsMatch(call.ContainerId))
        {
            throw Environment($"CNI_CONTAINERID: \"{call.ContainerId}\" must begin with a letter or digit and hold only those, '_', '.' and '-'");
        }

        // What the kernel's dev_valid_name accepts.
        if (string.IsNullOrEmpty(call.IfName) || call.IfName.Length > 15 || call.IfName is "." or ".." || call.IfName.Any(c => c is '/' or ':' || char.IsWhiteSpace(c)))
        {
            throw Environment($"CNI_IFNAME: \"{call.IfName}\" is no interface name (1 to 15 characters without '/', ':' and blanks)");
        }

        if (needsNetns && string.IsNullOrEmpty(call.Netns))
        {
            throw Environment("CNI_NETNS: is missing; it names the container's network namespace");
        }

        var args = call.Args ?? [];
        return new CniRequest(
            config, call.ContainerId, call.Netns ?? "", call.IfName, args.GetValueOrDefault("K8S_POD_NAMESPACE", ""), args.GetValueOrDefault("K8S_POD_NAME", ""),
            args.GetValueOrDefault("K8S_POD_UID", ""));
    }

    private static CniException Environment(string message) => new(CniCodes.InvalidEnvironment, message);

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_.-]*$")]
    private static partial Regex ContainerIdForm();
}
