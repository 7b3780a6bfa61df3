using Partner.Infrastructure.Persistence;
using Partner.TestKit;
using Xunit;

namespace Partner.Integration.Tests.Databases;

/// <summary>A database per test on one server, so the tests run beside each other.</summary>
internal sealed class PostgreSqlEngine : Engine
{
    public override string Provider => DatabaseOptions.PostgreSql;

    public override async Task<Lease> RentAsync(CancellationToken cancellationToken)
    {
        var databases = await PostgreSqlDatabases.FindOnceAsync().WaitAsync(cancellationToken);
        Assert.SkipWhen(databases.Missing.Length > 0, databases.Missing);
        var database = await databases.RentAsync();
        return new Lease(database, () => new ValueTask(databases.ReturnAsync(database)));
    }
}
