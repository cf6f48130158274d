using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>libbpf 1.1 (Debian 12): opening and loading objects; nothing newer is used.</summary>
internal static unsafe partial class Libbpf
{
    public const uint BtfKindDatasec = 15;

    private const string Library = "libbpf.so.1";

    [LibraryImport(Library, EntryPoint = "libbpf_set_print")]
    public static partial nint SetPrint(delegate* unmanaged<int, byte*, void*, int> callback);

    [LibraryImport(Library, EntryPoint = "bpf_object__open_mem", SetLastError = true)]
    public static partial nint OpenMemory(void* buffer, nuint size, OpenOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_object__load")]
    public static partial int Load(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    public static partial void Close(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__btf")]
    public static partial nint Btf(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_map")]
    public static partial nint NextMap(nint bpfObject, nint map);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_program")]
    public static partial nint NextProgram(nint bpfObject, nint program);

    [LibraryImport(Library, EntryPoint = "bpf_map__name")]
    public static partial byte* MapName(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__is_internal")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool MapIsInternal(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__type")]
    public static partial BpfMapType MapType(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__key_size")]
    public static partial uint MapKeySize(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__value_size")]
    public static partial uint MapValueSize(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__max_entries")]
    public static partial uint MapMaxEntries(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__map_flags")]
    public static partial uint MapFlags(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__btf_key_type_id")]
    public static partial uint MapKeyType(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__btf_value_type_id")]
    public static partial uint MapValueType(nint map);

    [LibraryImport(Library, EntryPoint = "btf__raw_data")]
    public static partial byte* RawTypeInfo(nint btf, uint* size);

    [LibraryImport(Library, EntryPoint = "bpf_map__set_max_entries")]
    public static partial int SetMapMaxEntries(nint map, uint maxEntries);

    [LibraryImport(Library, EntryPoint = "bpf_map__reuse_fd")]
    public static partial int ReuseMap(nint map, int descriptor);

    [LibraryImport(Library, EntryPoint = "bpf_map__fd")]
    public static partial int MapDescriptor(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__initial_value")]
    public static partial byte* MapInitialValue(nint map, nuint* size);

    [LibraryImport(Library, EntryPoint = "bpf_program__name")]
    public static partial byte* ProgramName(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__fd")]
    public static partial int ProgramDescriptor(nint program);

    [LibraryImport(Library, EntryPoint = "btf__find_by_name_kind", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FindType(nint btf, string name, uint kind);

    [LibraryImport(Library, EntryPoint = "btf__type_by_id")]
    public static partial BtfType* TypeById(nint btf, uint id);

    [LibraryImport(Library, EntryPoint = "btf__name_by_offset")]
    public static partial byte* NameByOffset(nint btf, uint offset);

    /// <summary>The head of <c>struct bpf_object_open_opts</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct OpenOptions
    {
        public nuint Size;
        public byte* ObjectName;
    }

    /// <summary><c>struct btf_type</c>; a data section is followed by its variables.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct BtfType
    {
        public uint NameOffset;
        public uint Info;
        public uint SizeOrType;

        public readonly int Count => (int)(Info & 0xFFFF);
    }

    /// <summary><c>struct btf_var_secinfo</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct BtfSectionVariable
    {
        public uint Type;
        public uint Offset;
        public uint Size;
    }
}
