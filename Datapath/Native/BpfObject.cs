using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Native;

/// <summary>
/// A compiled object on its way into the kernel: open, set constants and sizes, hand in existing maps, load, take the
/// descriptors. Descriptors handed out are copies and outlive the object.
/// </summary>
internal sealed unsafe class BpfObject : IDisposable
{
    private readonly string _name;
    private nint _handle;

    private BpfObject(string name, nint handle) => (_name, _handle) = (name, handle);

    /// <summary>Parses an ELF object.</summary>
    public static BpfObject Open(string name, ReadOnlySpan<byte> elf)
    {
        LibbpfLog.Begin();
        nint handle;
        int error;
        fixed (byte* bytes = elf)
        fixed (byte* nameBytes = System.Text.Encoding.UTF8.GetBytes(name + '\0'))
        {
            var options = new Libbpf.OpenOptions { Size = (nuint)sizeof(Libbpf.OpenOptions), ObjectName = nameBytes };
            handle = Libbpf.OpenMemory(bytes, (nuint)elf.Length, &options);
            error = Marshal.GetLastPInvokeError();
        }

        var log = LibbpfLog.End();
        return handle != 0 ? new BpfObject(name, handle) : throw KernelException.For($"object {name}", "open", error, log);
    }

    /// <summary>The maps that the object declares, without libbpf's own for data sections.</summary>
    public IReadOnlyList<BpfObjectMap> Maps()
    {
        List<BpfObjectMap> maps = [];
        for (var map = Libbpf.NextMap(_handle, 0); map != 0; map = Libbpf.NextMap(_handle, map))
        {
            if (!Libbpf.MapIsInternal(map))
            {
                maps.Add(new BpfObjectMap(map, Text(Libbpf.MapName(map))));
            }
        }

        return maps;
    }

    /// <summary>The object's type information (BTF) as it stands in the file.</summary>
    public ReadOnlySpan<byte> TypeInfo()
    {
        uint size;
        var data = Libbpf.RawTypeInfo(Libbpf.Btf(_handle), &size);
        return data is not null ? new ReadOnlySpan<byte>(data, (int)size) : throw new KernelException($"object {_name}: has no type information; compile it with -g");
    }

    /// <summary>Sets a <c>volatile const</c> of the object. The value must be as large as the C variable.</summary>
    public void SetConstant<T>(string variable, in T value)
        where T : unmanaged
    {
        const string Section = ".rodata";
        var btf = Libbpf.Btf(_handle);
        var section = Libbpf.FindType(btf, Section, Libbpf.BtfKindDatasec);
        var type = section > 0 ? Libbpf.TypeById(btf, (uint)section) : null;
        var variables = new ReadOnlySpan<Libbpf.BtfSectionVariable>(type + 1, type is null ? 0 : type->Count);
        foreach (var candidate in variables)
        {
            if (Text(Libbpf.NameByOffset(btf, Libbpf.TypeById(btf, candidate.Type)->NameOffset)) != variable)
            {
                continue;
            }

            if (candidate.Size != sizeof(T))
            {
                throw new KernelException($"object {_name}: constant {variable} has {candidate.Size} bytes in C and {sizeof(T)} in C#; make {typeof(T).Name} its twin");
            }

            nuint size;
            var contents = Libbpf.MapInitialValue(SectionMap(Section), &size);
            MemoryMarshal.Write(new Span<byte>(contents, (int)size)[(int)candidate.Offset..], in value);
            return;
        }

        throw new KernelException($"object {_name}: no constant {variable} in {Section}");
    }

    /// <summary>Creates the maps that were not handed in and loads every program.</summary>
    public void Load()
    {
        LibbpfLog.Begin();
        var result = Libbpf.Load(_handle);
        var log = LibbpfLog.End();
        if (result < 0)
        {
            throw KernelException.For($"object {_name}", "load", -result, log);
        }
    }

    /// <summary>Copies of the loaded programs' descriptors by name.</summary>
    public IReadOnlyDictionary<string, FileDescriptor> Programs()
    {
        Dictionary<string, FileDescriptor> programs = [];
        for (var program = Libbpf.NextProgram(_handle, 0); program != 0; program = Libbpf.NextProgram(_handle, program))
        {
            var name = Text(Libbpf.ProgramName(program));
            programs.Add(name, Duplicate(Libbpf.ProgramDescriptor(program), $"program {name}"));
        }

        return programs;
    }

    public void Dispose()
    {
        if (_handle != 0)
        {
            Libbpf.Close(_handle);
            _handle = 0;
        }
    }

    internal static FileDescriptor Duplicate(int descriptor, string subject)
    {
        var copy = Libc.FileControl(descriptor, Libc.DuplicateCloseOnExec, 0);
        return copy >= 0 ? new FileDescriptor(copy) : throw KernelException.For(subject, "duplicate descriptor", Marshal.GetLastPInvokeError());
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    private nint SectionMap(string section)
    {
        for (var map = Libbpf.NextMap(_handle, 0); map != 0; map = Libbpf.NextMap(_handle, map))
        {
            if (Libbpf.MapIsInternal(map) && Text(Libbpf.MapName(map)).EndsWith(section, StringComparison.Ordinal))
            {
                return map;
            }
        }

        throw new KernelException($"object {_name}: no map for section {section}");
    }
}
