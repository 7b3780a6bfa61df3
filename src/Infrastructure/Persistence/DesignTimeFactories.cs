using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Partner.Infrastructure.Persistence.PostgreSql;
using Partner.Infrastructure.Persistence.Sqlite;
using Partner.Infrastructure.Persistence.SqlServer;

namespace Partner.Infrastructure.Persistence;

// For `dotnet ef` only (scripts/add-migration): no database is reached.

internal sealed class SqliteDesignTimeFactory : IDesignTimeDbContextFactory<SqliteDbContext>
{
    public SqliteDbContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<SqliteDbContext>().UseSqlite("Data Source=design.db").Options);
}

internal sealed class SqlServerDesignTimeFactory : IDesignTimeDbContextFactory<SqlServerDbContext>
{
    public SqlServerDbContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<SqlServerDbContext>().UseSqlServer("Server=design").Options);
}

internal sealed class PostgreSqlDesignTimeFactory : IDesignTimeDbContextFactory<PostgreSqlDbContext>
{
    public PostgreSqlDbContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<PostgreSqlDbContext>().UseNpgsql("Host=design").Options);
}
