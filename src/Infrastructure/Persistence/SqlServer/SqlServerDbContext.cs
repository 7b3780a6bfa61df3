using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;

namespace Partner.Infrastructure.Persistence.SqlServer;

internal sealed class SqlServerDbContext(DbContextOptions<SqlServerDbContext> options) : PartnerDbContext(options)
{
    /// <summary>2601: unique index; 2627: primary key or unique constraint.</summary>
    public override bool IsUniqueViolation(Exception exception) => exception.InnerException is SqlException { Number: 2601 or 2627 };
}
