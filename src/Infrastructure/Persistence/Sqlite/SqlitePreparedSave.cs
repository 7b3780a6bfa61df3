using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;

namespace Partner.Infrastructure.Persistence.Sqlite;

/// <summary>
/// Entity Framework decides what to save, as always; on the write gate's connection it is done by statements that stay prepared there,
/// in place of ones that are written, parsed and planned anew for every row. See docs/adr/0015.
/// </summary>
internal sealed class SqlitePreparedSave(DatabaseDependencies dependencies, RelationalDatabaseDependencies relational, ICurrentDbContext current) : RelationalDatabase(dependencies, relational)
{
    public override Task<int> SaveChangesAsync(IList<IUpdateEntry> entries, CancellationToken cancellationToken = default) =>
        current.Context is SqliteDbContext { WritesWith: { } statements }
            ? Task.FromResult(statements.Save(entries))
            : base.SaveChangesAsync(entries, cancellationToken);
}

/// <summary>The prepared statements of one connection, by what they change: a table, and which of its columns.</summary>
internal sealed class SqliteStatements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<(IEntityType Type, EntityState State, string Columns), Statement> _statements = [];
    private readonly SqliteCommand _savepoint = Command(connection, "SAVEPOINT write");
    private readonly SqliteCommand _release = Command(connection, "RELEASE write");
    private readonly SqliteCommand _rollback = Command(connection, "ROLLBACK TO write");

    public SqliteTransaction? Transaction { get; set; }

    public void Savepoint() => Run(_savepoint);

    public void Release() => Run(_release);

    public void Rollback() => Run(_rollback);

    /// <exception cref="DbUpdateConcurrencyException">A row is not there any more, or has another version.</exception>
    /// <exception cref="DbUpdateException">The database refused a row.</exception>
    public int Save(IList<IUpdateEntry> entries)
    {
        foreach (var entry in entries.Count == 1 ? entries : InOrder(entries))
        {
            var statement = Find(entry);
            int rows;
            try
            {
                statement.Bind(entry);
                rows = Run(statement.Command);
            }
            catch (SqliteException exception)
            {
                throw new DbUpdateException($"The database refused a row of {entry.EntityType.GetTableName()}.", exception, [entry]);
            }

            if (rows != 1)
                throw new DbUpdateConcurrencyException($"A row of {entry.EntityType.GetTableName()} was changed or deleted by somebody else.", [entry]);
        }

        return entries.Count;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Command.Dispose();
        _savepoint.Dispose();
        _release.Dispose();
        _rollback.Dispose();
    }

    /// <summary>A row comes after those that it refers to, and goes before them.</summary>
    private static IEnumerable<IUpdateEntry> InOrder(IList<IUpdateEntry> entries) =>
        entries.OrderBy(entry => entry.EntityState == EntityState.Deleted ? -Depth(entry.EntityType) : Depth(entry.EntityType));

    private static int Depth(IEntityType type)
    {
        var depth = 0;
        foreach (var key in type.GetForeignKeys())
        {
            if (key.PrincipalEntityType != type)
                depth = Math.Max(depth, 1 + Depth(key.PrincipalEntityType));
        }

        return depth;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
#pragma warning disable CA2100 // Names of the model's tables and columns, and of parameters.
        return new SqliteCommand(sql, connection);
#pragma warning restore CA2100
    }

    private int Run(SqliteCommand command)
    {
        command.Transaction = Transaction;
        return command.ExecuteNonQuery();
    }

    private Statement Find(IUpdateEntry entry)
    {
        var columns = entry.EntityState == EntityState.Modified ? Modified(entry) : "";
        if (!_statements.TryGetValue((entry.EntityType, entry.EntityState, columns), out var statement))
            _statements.Add((entry.EntityType, entry.EntityState, columns), statement = new Statement(connection, entry));
        return statement;
    }

    private static string Modified(IUpdateEntry entry) => string.Create(entry.EntityType.GetProperties().Count(), entry, static (mask, of) =>
    {
        var i = 0;
        foreach (var property in of.EntityType.GetProperties())
            mask[i++] = of.IsModified(property) ? '1' : '0';
    });

    /// <summary>One insert, update or delete with the properties that its parameters take.</summary>
    private sealed class Statement
    {
        private readonly List<(SqliteParameter Parameter, IProperty Property, bool Original)> _parameters = [];

        public Statement(SqliteConnection connection, IUpdateEntry entry)
        {
            Command = SqliteStatements.Command(connection, "");
            var type = entry.EntityType;
            var table = StoreObjectIdentifier.Table(type.GetTableName()!);
            var sql = new StringBuilder();
            switch (entry.EntityState)
            {
                case EntityState.Added:
                    var all = type.GetProperties().ToList();
                    sql.Append(CultureInfo.InvariantCulture, $"INSERT INTO {Quote(table.Name)} ({string.Join(", ", all.Select(property => Column(property, table)))}) VALUES ({string.Join(", ", all.Select(property => Take(property, original: false)))})");
                    break;
                case EntityState.Modified:
                    var changed = type.GetProperties().Where(entry.IsModified).ToList();
                    sql.Append(CultureInfo.InvariantCulture, $"UPDATE {Quote(table.Name)} SET {string.Join(", ", changed.Select(property => $"{Column(property, table)} = {Take(property, original: false)}"))}{Where(type, table)}");
                    break;
                case EntityState.Deleted:
                    sql.Append(CultureInfo.InvariantCulture, $"DELETE FROM {Quote(table.Name)}{Where(type, table)}");
                    break;
                default:
                    throw new InvalidOperationException($"There is nothing to save of a row that is {entry.EntityState}.");
            }

#pragma warning disable CA2100 // Names of the model's tables and columns, and of parameters.
            Command.CommandText = sql.ToString();
#pragma warning restore CA2100
        }

        public SqliteCommand Command { get; }

        public void Bind(IUpdateEntry entry)
        {
            foreach (var (parameter, property, original) in _parameters)
                parameter.Value = (original ? entry.GetOriginalProviderValue(property) : entry.GetCurrentProviderValue(property)) ?? DBNull.Value;
        }

        /// <summary>By the key, and by the version that was read.</summary>
        private string Where(IEntityType type, StoreObjectIdentifier table) =>
            " WHERE " + string.Join(" AND ", type.GetProperties().Where(property => property.IsPrimaryKey() || property.IsConcurrencyToken).Select(property => $"{Column(property, table)} = {Take(property, original: true)}"));

        private string Take(IProperty property, bool original)
        {
            var parameter = new SqliteParameter { ParameterName = string.Create(CultureInfo.InvariantCulture, $"@p{_parameters.Count}") };
            Command.Parameters.Add(parameter);
            _parameters.Add((parameter, property, original));
            return parameter.ParameterName;
        }

        private static string Column(IProperty property, StoreObjectIdentifier table) => Quote(property.GetColumnName(table)!);

        private static string Quote(string name) => $"\"{name}\"";
    }
}
