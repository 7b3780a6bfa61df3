using Microsoft.EntityFrameworkCore;
using Npgsql;
using Partner.Domain.Installations;

namespace Partner.Infrastructure.Persistence.PostgreSql;

internal sealed class PostgreSqlDbContext(DbContextOptions<PostgreSqlDbContext> options) : PartnerDbContext(options)
{
    /// <summary>Compares bytes, and so keeps its order when the operating system's collations change under the indexes.</summary>
    private const string Bytes = "C";

    /// <summary>Any number that nobody else takes in this database.</summary>
    private const long MigratorsTurn = 0x5041_5254_4E45_52; // "PARTNER"

    /// <summary>In our schema: a host's own tables and extensions lie in others, as do Hangfire's.</summary>
    public override string TablesQuery => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";

    /// <summary>
    /// Entity Framework's own lock lasts for one migration, and the installer of Hangfire's tables has none. This one ends with its
    /// transaction: also where a pooler stands between, and also if this process is killed.
    /// </summary>
    public override async Task<IAsyncDisposable?> TakeMigratorsTurnAsync(CancellationToken cancellationToken)
    {
        var turn = new NpgsqlConnection(Database.GetConnectionString());
        try
        {
            await turn.OpenAsync(cancellationToken);
            var transaction = await turn.BeginTransactionAsync(cancellationToken);
            await using var wait = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", turn, transaction) { CommandTimeout = 0, Parameters = { new() { Value = MigratorsTurn } } };
            await wait.ExecuteNonQueryAsync(cancellationToken);
            return turn;
        }
        catch
        {
            await turn.DisposeAsync();
            throw;
        }
    }

    public override bool IsUniqueViolation(Exception exception) => exception.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    public override bool IsLockTimeout(Exception exception) => exception.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        // A unique index that lost its order finds no double, and on unique indexes all our decisions rest.
        configurationBuilder.Properties<string>().UseCollation(Bytes);
        configurationBuilder.Properties<InstallationId>().UseCollation(Bytes);
        configurationBuilder.Properties<Enum>().UseCollation(Bytes);
    }
}
