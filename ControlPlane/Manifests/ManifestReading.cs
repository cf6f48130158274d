using System.Security.Cryptography;
using System.Text;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Namespaces;
using Axoneme.ControlPlane.Entities.Policies;
using Axoneme.Kubernetes;
using Axoneme.Persistence;
using Axoneme.Policy;

namespace Axoneme.ControlPlane.Manifests;

/// <summary>
/// What a snapshot of manifests asks for: valid objects by the entity they belong to, errors, and the entities of objects that
/// are written but invalid. Pure.
/// </summary>
internal sealed class ManifestReading
{
    private readonly ManifestSnapshot _snapshot;
    private readonly HashSet<EntityAddress> _invalid = [];
    private readonly List<ManifestError> _errors = [];

    public ManifestReading(ManifestSnapshot snapshot)
    {
        _snapshot = snapshot;
        _errors.AddRange(snapshot.Errors);
        foreach (var document in snapshot.Documents)
        {
            Read(document);
        }
    }

    public Dictionary<EntityAddress, ManifestNamespace> Namespaces { get; } = [];

    public Dictionary<EntityAddress, ManifestPod> Pods { get; } = [];

    public Dictionary<EntityAddress, ManifestPolicy> Policies { get; } = [];

    public IReadOnlyList<ManifestError> Errors => _errors;

    /// <summary>Valid objects by Kubernetes kind.</summary>
    public SortedDictionary<string, int> Accepted { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether what is in force for an entity stays although no valid object asks for it: its object is written but invalid, or its
    /// file cannot be read, or it never came from a manifest.
    /// </summary>
    public bool Stays(EntityAddress entity, string source) =>
        ManifestSource.FileOf(source) is not { } file
        || _invalid.Contains(entity)
        || _snapshot.FilesInError.Contains(file)
        || _snapshot.FilesInError.Contains("");

    private void Read(ManifestDocument document)
    {
        switch (document.Kind)
        {
            case "Namespace":
                var ns = NamespaceResource.Read(document);
                Take(document, NamespaceKind.AddressOf(document.Name), ns.Errors, Namespaces, () =>
                    new ManifestNamespace(ns.Resource!.Labels, ManifestSource.Of(document)));
                break;
            case "Pod":
                var pod = PodResource.Read(document);
                var address = EndpointKind.AddressOf(document.Namespace ?? "default", document.Name);
                if (pod.Resource is { HostNetwork: true })
                {
                    // Its node's addresses and identity are its own: there is no endpoint to make.
                    Accepted[document.Kind] = Accepted.GetValueOrDefault(document.Kind) + 1;
                    break;
                }
                Take(document, address, pod.Errors, Pods, () => new ManifestPod(pod.Resource!, ManifestSource.Of(document)));
                break;
            case var kind when PolicyParser.Kinds.Contains(kind):
                ReadPolicy(document);
                break;
            default:
                _errors.Add(document.Error(
                    "kind",
                    $"{document.ApiVersion} {document.Kind} is not used; remove it, or write one of Namespace, Pod, {string.Join(", ", PolicyParser.Kinds)}"));
                break;
        }
    }

    private void ReadPolicy(ManifestDocument document)
    {
        var clusterWide = document.Kind is "CiliumClusterwideNetworkPolicy" or CidrGroup.KindName;
        var address = PolicyKind.AddressOf(document.Kind, clusterWide ? "" : document.Namespace ?? "default", document.Name);
        var errors = PolicyParser.Parse(document.Body).Errors.Select(error => document.Error(error.FieldPath, error.Message)).ToArray();
        Take(document, address, errors, Policies, () =>
        {
            var json = document.Body.GetRawText();
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
            return new ManifestPolicy(json, ManifestSource.Of(document), hash);
        });
    }

    private void Take<T>(
        ManifestDocument document, EntityAddress address, IReadOnlyList<ManifestError> errors, Dictionary<EntityAddress, T> into, Func<T> read)
    {
        if (errors.Count > 0)
        {
            _errors.AddRange(errors);
            _invalid.Add(address);
            return;
        }
        into[address] = read();
        Accepted[document.Kind] = Accepted.GetValueOrDefault(document.Kind) + 1;
    }
}
