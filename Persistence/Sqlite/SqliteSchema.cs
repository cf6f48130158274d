using Microsoft.Data.Sqlite;

namespace Axoneme.Persistence.Sqlite;

/// <summary>The journal's tables, as a list of migrations; a migration once released never changes.</summary>
internal static class SqliteSchema
{
    // Times are microseconds since the Unix epoch. The state log has no index on revision: it is read in full, once, at start.
    private static readonly string[] s_migrations =
    [
        """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE events(
          kind TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL CHECK(sequence > 0),
          type TEXT NOT NULL, payload BLOB NOT NULL, time INTEGER NOT NULL,
          PRIMARY KEY(kind, id, sequence)) WITHOUT ROWID;
        CREATE TABLE snapshots(
          kind TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, payload BLOB NOT NULL, time INTEGER NOT NULL,
          PRIMARY KEY(kind, id)) WITHOUT ROWID;
        CREATE TABLE state_log(
          kind TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, deleted INTEGER NOT NULL,
          payload BLOB NOT NULL, time INTEGER NOT NULL,
          PRIMARY KEY(kind, key)) WITHOUT ROWID;
        CREATE TABLE identity_claims(number INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE);
        """,
    ];

    public static int Version => s_migrations.Length;

    /// <summary>Brings the database to <see cref="Version"/>, each migration in a transaction of its own.</summary>
    /// <exception cref="JournalDamagedException">A newer program wrote the file.</exception>
    public static void Migrate(SqliteConnection connection, string path)
    {
        var present = ReadVersion(connection);
        if (present > Version)
        {
            throw new JournalDamagedException(
                $"journal {path}: its schema version {present} is newer than this program's {Version}; run the newer program, or choose another state directory");
        }
        for (var version = present; version < Version; version++)
        {
            using var transaction = connection.BeginTransaction();
            connection.Execute(s_migrations[version]);
            connection.Execute("INSERT INTO schema_version(version, applied) VALUES($version, unixepoch())", ("$version", version + 1));
            transaction.Commit();
        }
    }

    private static int ReadVersion(SqliteConnection connection)
    {
        var exists = connection.Scalar("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'") == 1;
        if (!exists)
        {
            connection.Execute("CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied INTEGER NOT NULL)");
        }
        return (int)connection.Scalar("SELECT coalesce(max(version), 0) FROM schema_version");
    }
}
