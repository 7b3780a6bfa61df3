using Partner.Crash.Tests.Databases;
using Partner.Crash.Tests.Runs;

namespace Partner.Crash.Tests;

/// <summary>A run that several tests look at. If it fails, its folder stays.</summary>
public abstract class CrashRunFixture : IAsyncLifetime
{
    private Report? _report;

    /// <summary>Why there is no such database, in a sentence; empty if there is one.</summary>
    public string Missing { get; private set; } = "";

    internal Report Report => _report ?? throw new InvalidOperationException("The run has not ended.");

    public async ValueTask InitializeAsync()
    {
        Missing = await FindMissingAsync();
        if (Missing.Length > 0)
            return;
        var seed = Random.Shared.Next();
        var folder = Directory.CreateTempSubdirectory("partner-crash-").FullName;
        try
        {
            _report = await RunAsync(seed, folder);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"The run with seed {seed.ToString(System.Globalization.CultureInfo.InvariantCulture)} failed; everything of it is in {folder}", exception);
        }

        TestContext.Current.SendDiagnosticMessage("{0}", _report);
        if (_report.Held)
            Directory.Delete(folder, recursive: true);
        else
            await Console.Error.WriteLineAsync(_report.ToString());
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected virtual Task<string> FindMissingAsync() => Task.FromResult("");

    private protected abstract Task<Report> RunAsync(int seed, string folder);
}

/// <summary>One process on a SQLite file.</summary>
public sealed class SqliteRun : CrashRunFixture
{
    private protected override Task<Report> RunAsync(int seed, string folder) => CrashRun.RunAsync(seed, kills: 40, nodes: 1, customers: 6, folder, new SqliteFile(folder), static _ => { });
}

/// <summary>Two processes on one PostgreSQL database, each with workers; the load goes to both, and one stays up while the other is killed.</summary>
public sealed class PostgreSqlRun : CrashRunFixture
{
    private protected override Task<string> FindMissingAsync() => PostgreSqlServer.MissingAsync();

    private protected override async Task<Report> RunAsync(int seed, string folder)
    {
        await using var database = await PostgreSqlServer.RentAsync();
        // Few customers: there is always a node for them, and what they keep busy is not there for the starts.
        return await CrashRun.RunAsync(seed, kills: 20, nodes: 2, customers: 3, folder, database, static _ => { });
    }
}
