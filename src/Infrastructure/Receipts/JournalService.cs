using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Receipts;

/// <summary>
/// Writes to the journal what the database has purged and not journalled yet, and then notes that in the database: a crash in between
/// writes a line twice, which its readers take for one. It looks by itself, so that a purge neither waits for the journal nor fails
/// with it.
/// </summary>
internal sealed partial class JournalService(JournalFile journal, IServiceScopeFactory scopes, TimeProvider time, PartnerMetrics metrics, ILogger<JournalService> logger) : BackgroundService
{
    private const int MaxBatch = 500;

    /// <summary>For so long a purge may be known to the database alone; also what is written with one flush under load.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = Interval;
            try
            {
                while (await JournalAsync(stoppingToken) == MaxBatch)
                {
                    // More is waiting.
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                metrics.StepFailed("journal");
                Log.Failed(logger, journal.FilePath, exception);
                pause = AfterFailure;
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    /// <returns>How many receipts were written.</returns>
    internal async Task<int> JournalAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        db.IsBackground = true;
        var purged = await Unjournaled(db).OrderBy(uninstallation => uninstallation.PurgedAt).Take(MaxBatch).ToListAsync(cancellationToken);
        if (purged.Count == 0)
            return 0;
        await journal.AppendAsync([.. purged.Select(uninstallation => uninstallation.ToPurgedLife()!)], cancellationToken);

        var ids = purged.ConvertAll(uninstallation => uninstallation.Id);
        var now = time.Now();
        db.Statements.Add(ct => Unjournaled(db).Where(uninstallation => ids.Contains(uninstallation.Id)).ExecuteUpdateAsync(row => row.SetProperty(uninstallation => uninstallation.JournaledAt, now), ct));
        await scope.ServiceProvider.GetRequiredService<IWriter>().WriteAsync(db, cancellationToken);
        return purged.Count;
    }

    /// <summary>By an index that has these and no others.</summary>
    internal static IQueryable<Domain.Uninstallations.Uninstallation> Unjournaled(PartnerDbContext db) =>
        db.Uninstallations.AsNoTracking().Where(uninstallation => uninstallation.PurgedAt != null && uninstallation.JournaledAt == null);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Receipts could not be written to the journal {Path}; they are in the database, and it is tried again")]
        public static partial void Failed(ILogger logger, string? path, Exception exception);
    }
}
