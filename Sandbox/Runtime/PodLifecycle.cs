using System.Security.Cryptography;
using System.Text;
using Axoneme.Datapath;
using Axoneme.Datapath.Network;
using Axoneme.Sandbox.Pods;
using Microsoft.Extensions.Logging;

namespace Axoneme.Sandbox.Runtime;

/// <summary>The steps that make a pod and unmake it. Each is recorded durably, so that the next process can go on where this one ended.</summary>
internal sealed partial class PodLifecycle(SandboxOptions options, PodStore store, CniPlugin cni, PodProgram program, ILogger logger)
{
    private const int MaxFileName = 255;

    // Two runtimes on one machine have different state directories, hence different names under /run/netns.
    private readonly string _prefix = $"axn-{Hash(Path.GetFullPath(options.StateDirectory))}-";

    /// <summary>Makes what is missing of a pod and repairs what broke; no effect on one that runs as its manifest says.</summary>
    /// <param name="record">What exists, null for nothing.</param>
    /// <param name="manifest">What is wanted.</param>
    /// <param name="cancellationToken">Ends waiting; what exists is recorded.</param>
    public async Task EnsureAsync(PodRecord? record, PodManifest manifest, CancellationToken cancellationToken)
    {
        if (record is not null && !CanKeep(record, manifest))
        {
            await RemoveAsync(record, cancellationToken);
            record = null;
        }

        if (record is null)
        {
            await CreateAsync(manifest, cancellationToken);
        }
        else if ((record.File, record.Document) != (manifest.File, manifest.Document))
        {
            store.Put(record with { File = manifest.File, Document = manifest.Document });
        }
        else if (!record.Process!.IsAlive || !record.Manifest.HasPortsOf(manifest))
        {
            await program.StopAsync(record.Process, record.ContainerId, cancellationToken);
            await StartProgramAsync(record with { TcpPorts = [.. manifest.TcpPorts], UdpPorts = [.. manifest.UdpPorts] }, cancellationToken);
        }
    }

    /// <summary>Removes all of a pod, whatever there is of it: program, interfaces (by CNI DEL), namespace, record.</summary>
    public async Task RemoveAsync(PodRecord record, CancellationToken cancellationToken)
    {
        await program.StopAsync(record.Process, record.ContainerId, cancellationToken);
        try
        {
            await cni.DeleteAsync(record, cancellationToken);
        }
        catch (CniException failure) when (record.Result is null && !failure.IsTemporary)
        {
            // A configuration that the plugin does not understand at DEL has made nothing at ADD.
            Log.DeleteRefused(logger, record.Manifest.Key, failure.Message);
        }

        NetworkNamespace.Delete(record.NetworkNamespace);
        store.Remove(record.Manifest.Key);
        if (record.Result is not null)
        {
            Log.Removed(logger, record.Manifest.Key);
        }
    }

    /// <summary>Removes a pod although its CNI DEL fails: for the end, when whoever refuses is removed as well.</summary>
    public async Task RemoveAnywayAsync(PodRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveAsync(record, cancellationToken);
        }
        catch (Exception failure) when (failure is CniException or SandboxException)
        {
            Log.DeleteRefused(logger, record.Manifest.Key, failure.Message);
            NetworkNamespace.Delete(record.NetworkNamespace);
            store.Remove(record.Manifest.Key);
        }
    }

    // A pod that was not completed may have left anything: it is made anew under another container id.
    private static bool CanKeep(PodRecord record, PodManifest manifest) =>
        record.Result is not null && record.Process is not null && record.CniConfig == manifest.CniConfig
        && File.Exists($"{NetworkNamespace.Directory}/{record.NetworkNamespace}");

    private async Task CreateAsync(PodManifest manifest, CancellationToken cancellationToken)
    {
        var record = new PodRecord(manifest.Namespace, manifest.Name, Guid.NewGuid().ToString("N"), NamespaceNameOf(manifest),
            [.. manifest.TcpPorts], [.. manifest.UdpPorts], manifest.CniConfig, manifest.File, cni.ConfigFor(manifest), Result: null, Process: null, manifest.Document);
        store.Put(record);
        try
        {
            CreateNamespace(record.NetworkNamespace);
            var added = record with { Result = await cni.AddAsync(record, cancellationToken) };
            store.Put(added);
            record = added;
            await StartProgramAsync(record, cancellationToken);
        }
        catch (Exception failure) when (failure is CniException or SandboxException or KernelException)
        {
            // The specification asks for DEL after a failed ADD. Should that fail too, the record stays and the next attempt begins with it.
            await RemoveAsync(record, cancellationToken);
            throw;
        }
    }

    private async Task StartProgramAsync(PodRecord record, CancellationToken cancellationToken)
    {
        var path = $"{NetworkNamespace.Directory}/{record.NetworkNamespace}";
        var process = await program.StartAsync(record.Manifest.Key, record.ContainerId, path, record.TcpPorts, record.UdpPorts, cancellationToken);
        store.Put(record with { Process = process });
        Log.Running(logger, record.Manifest.Key, string.Join(", ", CniPlugin.AddressesOf(record.Result)));
    }

    private static void CreateNamespace(string name)
    {
        NetworkNamespace.Delete(name);
        using var created = NetworkNamespace.Create(name);
        using var routes = RouteSocket.OpenIn(created);
        var loopback = routes.FindLink("lo") ?? throw new SandboxException($"network namespace {name}: has no loopback interface");
        routes.Execute(new RouteBatch().SetUp(loopback.Index));
    }

    // A namespace's name has no dot, so the first one separates: every pod has a name of its own.
    private string NamespaceNameOf(PodManifest manifest)
    {
        var name = $"{_prefix}{manifest.Namespace}.{manifest.Name}";
        return name.Length <= MaxFileName ? name : _prefix + Hash(manifest.Key);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Pod {Pod}: running with {Addresses}")]
        public static partial void Running(ILogger logger, string pod, string addresses);

        [LoggerMessage(2, LogLevel.Information, "Pod {Pod}: removed")]
        public static partial void Removed(ILogger logger, string pod);

        [LoggerMessage(3, LogLevel.Debug, "Pod {Pod}: removed although the plugin refused: {Reason}")]
        public static partial void DeleteRefused(ILogger logger, string pod, string reason);
    }
}
