using System.Globalization;
using System.Net;
using System.Text;
using MediatR;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Uninstallations;
using Partner.Infrastructure.Idempotency;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Outbox;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Receipts;
using Partner.VercelSimulator;

namespace Partner.TestKit;

/// <summary>
/// The real service with a database, a Vercel and a clock of its own; many of them can live in one process. The clock stands still
/// until <see cref="AdvanceAsync"/>, and nothing happens in the background until <see cref="SettleAsync"/>, unless a test asks for the
/// workers.
/// </summary>
public sealed class PartnerApp : IAsyncDisposable
{
    public const string IntegrationId = "oac_testing";

    public const string ClientSecret = "client-secret-of-the-tests";

    private static readonly Lazy<Task<byte[]>> Migrated = new(MigrateAsync);

    private static int _ids;

    private readonly PartnerAppOptions _options;
    private readonly List<FakeLogCollector> _logs = [];
    private PartnerHost? _host;
    private HttpClient? _http;
    private VercelCaller? _caller;

    private PartnerApp(PartnerAppOptions options, VercelPlatform vercel, FakeTimeProvider clock)
    {
        _options = options;
        Vercel = vercel;
        Clock = clock;
        Tokens = new VercelTokens(vercel.Keys, clock) { Audience = IntegrationId };
        Database = new PartnerDatabase(Directory.CreateTempSubdirectory("partner-").FullName);
    }

    /// <summary>Moves only when a test moves it; starts at the real present.</summary>
    public FakeTimeProvider Clock { get; }

    public VercelPlatform Vercel { get; }

    public VercelTokens Tokens { get; }

    public PartnerDatabase Database { get; }

    public IServiceProvider Services => Host.Services;

    /// <summary>Where the service listens, without a path prefix.</summary>
    public Uri Address => Host.Address;

    /// <summary>With the service's address, path prefix included, as its base.</summary>
    public HttpClient Http => _http ?? throw NotRunning();

    /// <summary>Calls the service as Vercel does.</summary>
    public VercelCaller Caller => _caller ?? throw NotRunning();

    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>Everything the service wrote to its log so far, all restarts included: messages, values, scopes, exceptions.</summary>
    public string LogText
    {
        get
        {
            var text = new StringBuilder();
            foreach (var record in LogRecords)
            {
                text.Append(CultureInfo.InvariantCulture, $"{record.Level} {record.Category}: {record.Message}");
                foreach (var (name, value) in record.State as IReadOnlyList<KeyValuePair<string, string?>> ?? [])
                    text.Append(CultureInfo.InvariantCulture, $" {name}={value}");
                foreach (var scope in record.Scopes)
                    text.Append(CultureInfo.InvariantCulture, $" [{scope}]");
                text.Append(record.Exception).Append('\n');
            }

            return text.ToString();
        }
    }

    public IReadOnlyList<FakeLogRecord> LogRecords => [.. _logs.SelectMany(log => log.GetSnapshot())];

    private PartnerHost Host => _host ?? throw NotRunning();

    /// <summary>Starts a service; the first one in a process makes the empty database that the others copy.</summary>
    public static async Task<PartnerApp> StartAsync(Action<PartnerAppOptions>? configure = null)
    {
        var options = new PartnerAppOptions();
        configure?.Invoke(options);
        var template = options.PostgreSql is null ? await Migrated.Value : null;
        return await StartAsync(options, template);
    }

    /// <summary>An installation id that no other test has.</summary>
    public static string NewInstallationId() => string.Create(CultureInfo.InvariantCulture, $"icfg_{Interlocked.Increment(ref _ids):D8}testkit0000000000");

    /// <summary>A customer installs; fails the test if the service refuses.</summary>
    /// <returns>The installation's id.</returns>
    public async Task<string> InstallAsync(string? installationId = null, InstallRequest? request = null)
    {
        var id = installationId ?? NewInstallationId();
        Require(await Caller.InstallAsync(id, request), 200);
        return id;
    }

    /// <summary>A customer buys; fails the test if the service refuses.</summary>
    public async Task<ProvisionedResource> ProvisionAsync(string installationId, string billingPlanId = "free", string name = "main", string? idempotencyKey = null)
    {
        var answer = Require(await Caller.ProvisionAsync(installationId, name, billingPlanId, idempotencyKey: idempotencyKey), 200);
        return new ProvisionedResource((string)answer.At("id")!, (string)answer.At("secrets", 0, "value")!);
    }

    /// <summary>A customer leaves, by default as an ADMIN and without a body; whatever the answer is.</summary>
    public Task<Exchange> UninstallAsync(string installationId, bool? cascade = null, string? reason = null, string? idempotencyKey = null, VercelIdentity? by = null) =>
        Caller.UninstallAsync(installationId, cascade, reason, idempotencyKey, by);

    /// <returns>200 while the demonstration product's key works, 401 once it is cut off.</returns>
    public async Task<int> UseAsync(ProvisionedResource resource)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Http.BaseAddress!, $"demo/resources/{resource.Id}"));
        request.Headers.Authorization = new("Bearer", resource.Secret);
        using var response = await Http.SendAsync(request);
        return (int)response.StatusCode;
    }

    /// <summary>Moves the clock, and whatever waits for it.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        Clock.Advance(by);
        await Task.Yield();
    }

    /// <summary>Moves the clock to a moment.</summary>
    public Task AdvanceToAsync(DateTimeOffset moment) => AdvanceAsync(moment - Now);

    /// <summary>Does what the background would do at this moment, until nothing is due: the outbox, the sweep, and the journal if there is one.</summary>
    public async Task SettleAsync()
    {
        do
        {
            await SweepAsync();
        }
        while (await DispatchAsync() > 0);
        if (_options.Settings.TryGetValue("Receipts:JournalPath", out var journal) && journal is not null)
            await JournalAsync();
    }

    /// <summary>Writes to the journal what is to be written, as happens every second.</summary>
    /// <returns>How many receipts.</returns>
    public async Task<int> JournalAsync()
    {
        using var journal = ActivatorUtilities.CreateInstance<JournalService>(Services);
        return await journal.JournalAsync(CancellationToken.None);
    }

    /// <summary>A commit is made, but whoever waits for it hears of a time-out: a connection that is lost at the worst moment.</summary>
    /// <param name="after">How many commits are answered before.</param>
    public void LoseAnswerOfTheDatabase(int after = 0) => Services.GetRequiredService<LossyWriter>().LosesAfter = after;

    /// <summary>Every write from now on begins with this SQL, on the connection that writes: a limit that is a connection's own.</summary>
    /// <param name="sql">Null: no longer.</param>
    public void BeginWritesWith(string? sql) => Services.GetRequiredService<LossyWriter>().First = sql;

    /// <summary>Connections to the SQLite file that nobody uses are closed, and what was set on them is forgotten.</summary>
    public void ForgetConnections()
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database.Path, DefaultTimeout = 3, Pooling = true }.ConnectionString);
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>One look for due work, as at every sweep interval, and all that follows from it; without the outbox.</summary>
    public async Task SweepAsync()
    {
        using var sweep = ActivatorUtilities.CreateInstance<SweepService>(Services);
        await sweep.SweepAsync(CancellationToken.None);
        await Services.GetRequiredService<SlowCommands>().WhenDoneAsync(CancellationToken.None);
    }

    /// <summary>The outbox alone.</summary>
    /// <returns>How many events were handed on.</returns>
    public async Task<int> DispatchAsync()
    {
        using var outbox = ActivatorUtilities.CreateInstance<OutboxService>(Services);
        return await outbox.DispatchAsync(CancellationToken.None);
    }

    /// <summary>The recurring job that forgets old answers.</summary>
    /// <returns>How many were forgotten.</returns>
    public Task<int> ForgetOldAnswersAsync() => Services.GetRequiredService<IdempotencyRetention>().DeleteExpiredAsync(CancellationToken.None);

    /// <summary>The recurring job that deletes what is kept for a time only.</summary>
    public Task RunRetentionAsync() => Services.GetRequiredService<RetentionJob>().RunAsync(CancellationToken.None);

    /// <summary>What stays of an installation after its purge, newest life first.</summary>
    public async Task<IReadOnlyList<Receipt>> ReceiptsAsync(string installationId)
    {
        await using var scope = Services.CreateAsyncScope();
        var outcome = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new GetReceiptsQuery(installationId));
        return outcome.Value ?? throw new InvalidOperationException(outcome.Error!.Message);
    }

    /// <summary>The uninstall's row in its present state.</summary>
    public async Task<IReadOnlyDictionary<string, object?>> UninstallationAsync(string installationId) =>
        (await Database.QueryAsync("SELECT * FROM Uninstallations WHERE InstallationId = @p0 ORDER BY RequestedAt DESC", installationId))[0];

    /// <summary>When the purge may run, by its column.</summary>
    public async Task<DateTimeOffset> DueAtAsync(string installationId) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)(await UninstallationAsync(installationId))["DueAt"]!);

    /// <summary>Ends the service and starts it again on the same database; the jobs of the old one are lost.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await RunAsync();
    }

    /// <summary>
    /// Starts the service again on its database as it lies there now, while nobody writes: as if the process had been killed, so that
    /// nothing of its end is in there.
    /// </summary>
    public async Task CrashAsync()
    {
        var (file, log) = (Database.Path + ".crashed", Database.Path + "-wal.crashed");
        File.Copy(Database.Path + "-wal", log, overwrite: true); // First: what is moved from the log into the file meanwhile is in both.
        File.Copy(Database.Path, file, overwrite: true);
        await StopAsync();
        Replace(file);
        File.Move(log, Database.Path + "-wal");
        await RunAsync();
    }

    /// <summary>Ends the service, puts a backup in the place of its database, and starts it again.</summary>
    public async Task RestoreAsync(string backup)
    {
        await StopAsync();
        Replace(backup);
        await RunAsync();
    }

    /// <summary>Ends the service; the database stays.</summary>
    public async Task StopAsync()
    {
        _http?.Dispose();
        (_http, _caller) = (null, null);
        if (_host is null)
            return;
        await _host.DisposeAsync();
        _host = null;
        if (_options.PostgreSql is not null)
            return;
        ForgetConnections();
        await Eventually.TrueAsync(IsReleased, "The service holds its database after its end.");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Vercel.DisposeAsync();
        Directory.Delete(Database.Folder, recursive: true);
    }

    private static async Task<PartnerApp> StartAsync(PartnerAppOptions options, byte[]? template)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var app = new PartnerApp(options, await VercelPlatform.StartAsync(VercelKeys.Development(), clock: clock), clock);
        try
        {
            if (template is not null)
                await File.WriteAllBytesAsync(app.Database.Path, template);
            await app.RunAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static async Task<byte[]> MigrateAsync()
    {
        await using var app = await StartAsync(new PartnerAppOptions(), template: null);
        await app.StopAsync();
        return await File.ReadAllBytesAsync(app.Database.Path);
    }

    private static Exchange Require(Exchange exchange, int status) =>
        exchange.Status == status ? exchange : throw new InvalidOperationException($"A step before the test's own was refused: {exchange}");

    private static InvalidOperationException NotRunning() => new("The service is stopped.");

    private void Replace(string by)
    {
        foreach (var file in (string[])["-wal", "-shm"])
            File.Delete(Database.Path + file);
        File.Copy(by, Database.Path, overwrite: true);
    }

    private bool IsReleased()
    {
        try
        {
            using var file = new FileStream(Database.Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task RunAsync()
    {
        _host = await PartnerHost.StartAsync(_options, Settings(), Clock);
        _logs.Add(_host.Logs);
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1, AutomaticDecompression = DecompressionMethods.None };
        _http = new HttpClient(handler) { BaseAddress = new Uri(Address, _options.Settings.TryGetValue("Http:PathBase", out var prefix) && prefix is not null ? prefix.Trim('/') + "/" : "") };
        _caller = new VercelCaller(_http, Tokens, clock: Clock) { ClientSecret = ClientSecret };
    }

    private Dictionary<string, string?> Settings()
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Vercel:IntegrationId"] = IntegrationId,
            ["Vercel:ClientSecret"] = ClientSecret,
            ["Vercel:JwksUri"] = Vercel.JwksUri,
            ["Vercel:ApiBaseUri"] = Vercel.BaseUri,
            ["ConnectionStrings:Partner"] = Database.Path,
            ["Jobs:Workers"] = _options.RunsWorkers ? "2" : "0",
        };
        if (_options.LogsEverything)
        {
            foreach (var category in (string[])["Default", "Microsoft", "Microsoft.Hosting.Lifetime", "Microsoft.EntityFrameworkCore", "Hangfire", "System.Net.Http.HttpClient"])
                settings["Logging:LogLevel:" + category] = "Trace";
        }

        if (_options.PostgreSql is { } connectionString)
            (settings["Database:Provider"], settings["ConnectionStrings:Partner"]) = (DatabaseOptions.PostgreSql, connectionString);
        foreach (var (key, value) in _options.Settings)
            settings[key] = value;
        return settings.Where(setting => setting.Value is not null).ToDictionary(StringComparer.OrdinalIgnoreCase);
    }
}

/// <summary>What a customer has of a bought resource.</summary>
public sealed record ProvisionedResource(string Id, string Secret);
