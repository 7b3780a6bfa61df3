namespace Partner.Integration.Tests.Databases;

/// <summary>
/// A database engine that the contract suites run on. A further one is a class like these and, per suite, one line in
/// <c>…/On*.cs</c>.
/// </summary>
public abstract class Engine
{
    public static Engine Sqlite { get; } = new SqliteEngine();

    public static Engine SqlServer { get; } = new SqlServerEngine();

    public static Engine PostgreSql { get; } = new PostgreSqlEngine();

    /// <summary>The value of <c>Database:Provider</c>.</summary>
    public abstract string Provider { get; }

    /// <summary>An empty database with the service's schema.</summary>
    /// <returns>Its connection string; the test is skipped, and says why, where there is no such engine.</returns>
    public abstract Task<Lease> RentAsync(CancellationToken cancellationToken);

    /// <summary>A database as long as one test needs it.</summary>
    public sealed class Lease(string connectionString, Func<ValueTask> release) : IAsyncDisposable
    {
        public string ConnectionString { get; } = connectionString;

        public ValueTask DisposeAsync() => release();
    }
}
