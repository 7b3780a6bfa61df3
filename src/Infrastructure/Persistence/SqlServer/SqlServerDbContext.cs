using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Partner.Domain.Installations;

namespace Partner.Infrastructure.Persistence.SqlServer;

internal sealed class SqlServerDbContext(DbContextOptions<SqlServerDbContext> options) : PartnerDbContext(options)
{
    private const string Bytes = "Latin1_General_100_BIN2";

    public override string TablesQuery => "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_TYPE = 'BASE TABLE'";

    /// <summary>2601: unique index; 2627: primary key or unique constraint.</summary>
    public override bool IsUniqueViolation(Exception exception) => exception.InnerException is SqlException { Number: 2601 or 2627 };

    /// <summary>1222: <c>LOCK_TIMEOUT</c> is over.</summary>
    public override bool IsLockTimeout(Exception exception) => exception.GetBaseException() is SqlException { Number: 1222 };

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        // A server's own collation joins what differs in case only, and then one customer's id would find another's rows.
        configurationBuilder.Properties<string>().UseCollation(Bytes);
        configurationBuilder.Properties<InstallationId>().UseCollation(Bytes);
        configurationBuilder.Properties<Enum>().UseCollation(Bytes);
    }
}
