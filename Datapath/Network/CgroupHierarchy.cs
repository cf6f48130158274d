using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Network;

/// <summary>Finds the cgroup v2 hierarchy, which may be all of <c>/sys/fs/cgroup</c> or, beside v1 controllers, a directory in it.</summary>
public static class CgroupHierarchy
{
    private const int PathField = 4;

    /// <summary>The directory itself when it is a v2 cgroup, else the v2 hierarchy mounted below it; null when there is none.</summary>
    public static string? Find(string directory)
    {
        if (FileSystem.IsCgroup2(directory))
        {
            return directory;
        }

        var below = Path.TrimEndingDirectorySeparator(directory) + "/";
        return File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
            .Where(fields => Array.IndexOf(fields, "-") is var end and > 0 && fields[end + 1] == "cgroup2")
            .Select(fields => fields[PathField])
            .FirstOrDefault(path => path.StartsWith(below, StringComparison.Ordinal));
    }
}
