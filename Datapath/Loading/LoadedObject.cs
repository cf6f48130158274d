using Axoneme.Datapath.Native;

namespace Axoneme.Datapath.Loading;

/// <summary>Descriptors of an object's programs and maps after loading.</summary>
internal sealed class LoadedObject(string name, IReadOnlyDictionary<string, FileDescriptor> programs, Dictionary<string, FileDescriptor> maps) : IDisposable
{
    public IReadOnlyDictionary<string, FileDescriptor> Programs => programs;

    public FileDescriptor Program(string program) =>
        programs.TryGetValue(program, out var found) ? found : throw new KernelException($"object {name}: has no program {program}");

    /// <summary>Hands a map's descriptor over to the caller.</summary>
    public FileDescriptor TakeMap(string map) =>
        maps.Remove(map, out var found) ? found : throw new KernelException($"object {name}: has no map {map}");

    public void Dispose()
    {
        foreach (var descriptor in programs.Values.Concat(maps.Values))
        {
            descriptor.Dispose();
        }
    }
}
