namespace Axoneme.Datapath.Native;

/// <summary><c>enum bpf_cmd</c> (linux/bpf.h).</summary>
internal enum BpfCommand
{
    MapCreate = 0,
    MapLookup = 1,
    MapUpdate = 2,
    MapDelete = 3,
    MapGetNextKey = 4,
    ProgramLoad = 5,
    ObjectPin = 6,
    ObjectGet = 7,
    ProgramTestRun = 10,
    ProgramById = 13,
    MapById = 14,
    ObjectGetInfo = 15,
    ProgramQuery = 16,
    TypeInfoById = 19,
    MapLookupBatch = 24,
    MapUpdateBatch = 26,
    MapDeleteBatch = 27,
    LinkCreate = 28,
    LinkUpdate = 29,
    LinkDetach = 34,
}
