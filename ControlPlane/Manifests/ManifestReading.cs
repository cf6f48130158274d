using System.Security.Cryptography;
using System.Text;
using Axoneme.ControlPlane.Entities.Endpoints;
using Axoneme.ControlPlane.Entities.Namespaces;
using Axoneme.ControlPlane.Entities.Policies;
using Axoneme.ControlPlane.Entities.Services;
using Axoneme.Kubernetes;
using Axoneme.Persistence;
using Axoneme.Policy;
using Axoneme.Wire.Journal;

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
    private readonly List<DesiredSlice> _mirrored = [];

    public ManifestReading(ManifestSnapshot snapshot)
    {
        _snapshot = snapshot;
        _errors.AddRange(snapshot.Errors);
        foreach (var document in snapshot.Documents)
        {
            Read(document);
        }
        Mirror();
        _sourcesInError.UnionWith(snapshot.Duplicates.Select(ManifestSource.FirstOf));
    }

    public Dictionary<EntityAddress, ManifestNamespace> Namespaces { get; } = [];

    public Dictionary<EntityAddress, ManifestPod> Pods { get; } = [];

    /// <summary>Policies and what they may refer to: services and slices are read for both.</summary>
    public Dictionary<EntityAddress, ManifestPolicy> Policies { get; } = [];

    /// <summary>In the order of their documents.</summary>
    public OrderedDictionary<EntityAddress, ManifestService> Services { get; } = [];

    public Dictionary<EntityAddress, DesiredSlice> Slices { get; } = [];

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

    /// <summary>A service is valid as such and does not get what it wants: what was in force for it stays, and nothing else that its document may have been.</summary>
    public void Refuse(ManifestService service, AddressRefusal refusal)
    {
        var document = service.Document;
        var entities = EntitiesOf(document, ServiceKind.AddressOf);
        Services.Remove(entities[0]);
        Policies.Remove(entities[^1]);
        Accepted[document.Kind]--;
        _invalid.UnionWith(entities);
        _errors.Add(document.Error(refusal.Field, refusal.Message));
    }

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
                Take(document, address, pod.Errors, Pods, () => new ManifestPod(pod.Resource!, ManifestSource.Of(document)));
                break;
            case PolicyService.KindName:
                var service = ServiceResource.Read(document);
                var serviceEntities = EntitiesOf(document, ServiceKind.AddressOf);
                if (ReadPolicy(document, service.Errors, serviceEntities))
                {
                    Services[serviceEntities[0]] = new ManifestService(service.Resource!, document);
                }
                break;
            case ServiceAddresses.SliceKindName:
                var slice = EndpointSliceResource.Read(document);
                var sliceEntities = EntitiesOf(document, EndpointSliceKind.AddressOf);
                if (ReadPolicy(document, slice.Errors, sliceEntities))
                {
                    Slices[sliceEntities[0]] = ManifestSlice.Of(slice.Resource!, ManifestSource.Of(document));
                }
                break;
            case ServiceAddresses.EndpointsKindName:
                var endpoints = EndpointsResource.Read(document);
                if (ReadPolicy(document, endpoints.Errors, [PolicyAddress(document.Kind, document)]))
                {
                    _mirrored.AddRange(endpoints.Resource!.Slices.Select(mirrored => ManifestSlice.Of(mirrored, ManifestSource.Of(document))));
                }
                break;
            case var kind when PolicyParser.Kinds.Contains(kind):
                ReadPolicy(document, [], [PolicyAddress(kind, document)]);
                break;
            default:
                NoteUnknown(document);
                _errors.Add(document.Error(
                    "kind",
                    $"{document.ApiVersion} {document.Kind} is not used; remove it, or write one of Namespace, Pod, {string.Join(", ", PolicyParser.Kinds)}"));
                break;
        }
    }

    /// <summary>Slices of Endpoints objects, where a service has neither slices that somebody wrote nor pods that it selects.</summary>
    private void Mirror()
    {
        var written = Slices.Values.Select(slice => (slice.Slice.Namespace, slice.Slice.Service)).ToHashSet();
        foreach (var slice in _mirrored.Where(mirrored => !written.Contains((mirrored.Slice.Namespace, mirrored.Slice.Service))))
        {
            var service = Services.GetValueOrDefault(ServiceKind.AddressOf(slice.Slice.Namespace, slice.Slice.Service));
            if (service is null or { Service.Selector.Count: 0 })
            {
                Slices[EndpointSliceKind.AddressOf(slice.Slice.Namespace, slice.Slice.Name)] = slice;
            }
        }
    }

    /// <summary>A kind that is misspelt hides which object was meant: it may be any of that name.</summary>
    private void NoteUnknown(ManifestDocument document)
    {
        _sourcesInError.Add(ManifestSource.FirstOf(document));
        var ns = document.Namespace ?? "default";
        _namesakes.Add((document.File, NamespaceKind.AddressOf(document.Name)));
        _namesakes.Add((document.File, EndpointKind.AddressOf(ns, document.Name)));
        _namesakes.Add((document.File, ServiceKind.AddressOf(ns, document.Name)));
        _namesakes.Add((document.File, EndpointSliceKind.AddressOf(ns, document.Name)));
        foreach (var kind in PolicyParser.Kinds)
        {
            _namesakes.Add((document.File, PolicyAddress(kind, document)));
        }
    }

    private static EntityAddress PolicyAddress(string kind, ManifestDocument document) => PolicyKind.AddressOf(
        kind, kind is "CiliumClusterwideNetworkPolicy" or CidrGroup.KindName ? "" : document.Namespace ?? "default", document.Name);

    /// <summary>The two entities of a Service or EndpointSlice: what has traffic, and what policies refer to.</summary>
    private static EntityAddress[] EntitiesOf(ManifestDocument document, Func<string, string, EntityAddress> addressOf) =>
        [addressOf(document.Namespace ?? "default", document.Name), PolicyAddress(document.Kind, document)];

    /// <summary>Reads what policies make of an object; false when it is refused.</summary>
    /// <param name="document">The object.</param>
    /// <param name="others">What else is wrong with it.</param>
    /// <param name="addresses">All its entities, the policy last.</param>
    private bool ReadPolicy(ManifestDocument document, IReadOnlyList<ManifestError> others, EntityAddress[] addresses)
    {
        var parsed = PolicyParser.Parse(document.Body);
        var known = others.Select(error => error.Field).ToHashSet(StringComparer.Ordinal);
        ManifestError[] errors =
        [
            .. others, .. parsed.Errors.Where(error => !known.Contains(error.FieldPath)).Select(error => document.Error(error.FieldPath, error.Message)),
        ];
        Warnings.AddRange((parsed.Policy is { } policy ? EnforcementGaps.Of(policy) : []).Select(gap => document.Error(gap.Field, gap.Message)));
        return Take(document, addresses, errors, Policies, addresses[^1], () =>
        {
            var json = document.Body.GetRawText();
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
            return new ManifestPolicy(json, ManifestSource.Of(document), hash);
        });
    }

    private void Take<T>(
        ManifestDocument document, EntityAddress address, IReadOnlyList<ManifestError> errors, Dictionary<EntityAddress, T> into, Func<T> read) =>
        Take(document, [address], errors, into, address, read);

    private bool Take<T>(
        ManifestDocument document, EntityAddress[] entities, IReadOnlyList<ManifestError> errors, Dictionary<EntityAddress, T> into, EntityAddress key, Func<T> read)
    {
        if (errors.Count > 0)
        {
            _errors.AddRange(errors);
            _invalid.UnionWith(entities);
            _sourcesInError.Add(ManifestSource.FirstOf(document));
            return false;
        }
        into[key] = read();
        Accepted[document.Kind] = Accepted.GetValueOrDefault(document.Kind) + 1;
        return true;
    }
}
