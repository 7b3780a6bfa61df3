using Partner.TestKit;
using Xunit;

namespace Partner.Integration.Tests.Databases;

/// <summary>The whole service on a PostgreSQL database of its own, from HTTP on; skipped, with the reason, where there is no server.</summary>
public abstract class ServiceOnPostgreSql : IAsyncLifetime
{
    private PartnerApp? _app;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected PartnerApp App => _app!;

    protected FakeProduct? Product { get; init; }

    /// <summary>Its connection string.</summary>
    protected string Database { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var databases = await PostgreSqlDatabases.FindOnceAsync();
        Assert.SkipWhen(databases.Missing.Length > 0, databases.Missing);
        Database = await databases.RentAsync();
        _app = await PartnerApp.StartAsync(options => (options.PostgreSql, options.Product) = (Database, Product));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_app is not null)
            await _app.DisposeAsync();
        if (Database.Length > 0)
            await (await PostgreSqlDatabases.FindOnceAsync()).ReturnAsync(Database);
    }
}
