using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Axoneme.Persistence.Sqlite;

/// <summary>
/// Binds SQLite to the system's library. The NuGet bundles carry a SQLite of their own with known vulnerabilities, so none is
/// referenced: the provider's <c>e_sqlite3</c> is resolved to the distribution's patched <c>libsqlite3.so.0</c>.
/// </summary>
internal static class SqliteNative
{
    private const string ProviderLibrary = "e_sqlite3";
    private const string SystemLibrary = "libsqlite3.so.0";

    private static readonly Lazy<bool> s_bound = new(Bind);

    /// <exception cref="JournalUnavailableException">The system's SQLite library is not installed.</exception>
    public static void EnsureBound() => _ = s_bound.Value;

    private static bool Bind()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        try
        {
            raw.SetProvider(new SQLite3Provider_e_sqlite3());
        }
        catch (DllNotFoundException missing)
        {
            throw new JournalUnavailableException(
                $"journal: the system library {SystemLibrary} cannot be loaded ({missing.Message}); install it: apt-get install libsqlite3-0", missing);
        }
        return true;
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == ProviderLibrary ? NativeLibrary.Load(SystemLibrary) : IntPtr.Zero;
}
