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
    private readonly HashSet<string> _sourcesInError = new(StringComparer.Ordinal);
    private readonly HashSet<(string File, EntityAddress Entity)> _namesakes = [];
    private readonly List<ManifestError> _errors = [];

    public ManifestReading(ManifestSnapshot snapshot)
    {
        _snapshot = snapshot;
        _errors.AddRange(snapshot.Errors);
        foreach (var document in snapshot.Documents)
        {
            Read(document);
        }
        _sourcesInError.UnionWith(snapshot.Duplicates.Select(ManifestSource.FirstOf));
    }

    public Dictionary<EntityAddress, ManifestNamespace> Namespaces { get; } = [];

    public Dictionary<EntityAddress, ManifestPod> Pods { get; } = [];

    public Dictionary<EntityAddress, ManifestPolicy> Policies { get; } = [];

    public IReadOnlyList<ManifestError> Errors => _errors;

    /// <summary>What policies ask that is accepted and not enforced as it is written.</summary>
    public List<ManifestError> Warnings { get; } = [];

    /// <summary>Valid objects by Kubernetes kind.</summary>
    public SortedDictionary<string, int> Accepted { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether what is in force for an entity stays although no valid object asks for it: its object is written but invalid, the document it
    /// came from is now in error whatever it says, its file has an object of its name and an unknown kind, its file cannot be read, or it
    /// never came from a manifest.
    /// </summary>
    public bool Stays(EntityAddress entity, string source) =>
        ManifestSource.FileOf(source) is not { } file
        || _invalid.Contains(entity)
        || _sourcesInError.Contains(source)
        || _namesakes.Contains((file, entity))
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
                NoteUnknown(document);
                _errors.Add(document.Error(
                    "kind",
                    $"{document.ApiVersion} {document.Kind} is not used; remove it, or write one of Namespace, Pod, {string.Join(", ", PolicyParser.Kinds)}"));
                break;
        }
    }

    /// <summary>A kind that is misspelt hides which object was meant: it may be any of that name.</summary>
    private void NoteUnknown(ManifestDocument document)
    {
        _sourcesInError.Add(ManifestSource.FirstOf(document));
        var ns = document.Namespace ?? "default";
        _namesakes.Add((document.File, NamespaceKind.AddressOf(document.Name)));
        _namesakes.Add((document.File, EndpointKind.AddressOf(ns, document.Name)));
        foreach (var kind in PolicyParser.Kinds)
        {
            _namesakes.Add((document.File, PolicyKind.AddressOf(kind, NamespaceOf(kind, ns), document.Name)));
        }
    }

    private static string NamespaceOf(string policyKind, string ns) =>
        policyKind is "CiliumClusterwideNetworkPolicy" or CidrGroup.KindName ? "" : ns;

    private void ReadPolicy(ManifestDocument document)
    {
        var address = PolicyKind.AddressOf(document.Kind, NamespaceOf(document.Kind, document.Namespace ?? "default"), document.Name);
        var parsed = PolicyParser.Parse(document.Body);
        var errors = parsed.Errors.Select(error => document.Error(error.FieldPath, error.Message)).ToArray();
        Warnings.AddRange((parsed.Policy is { } policy ? EnforcementGaps.Of(policy) : []).Select(gap => document.Error(gap.Field, gap.Message)));
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
            _sourcesInError.Add(ManifestSource.FirstOf(document));
            return;
        }
        into[address] = read();
        Accepted[document.Kind] = Accepted.GetValueOrDefault(document.Kind) + 1;
    }
}
