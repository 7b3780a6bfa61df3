using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Partner.Application.Uninstallations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Receipts;

internal sealed partial class ReceiptRestore(JournalFile journal, CommandRunner commands, IServiceScopeFactory scopes, IOptions<DatabaseOptions> database, ILogger<ReceiptRestore> logger) : IReceiptRestore
{
    private const int PageSize = 1000;

    /// <summary>Once ready, a process stays so: what is applied by hand beside it is cut off, and no reason to send it no more calls.</summary>
    private volatile bool _ready;

    public async Task ApplyJournalAsync(CancellationToken cancellationToken)
    {
        if (journal.FilePath is not { } path)
            return;
        try
        {
            var journaled = await CountJournaledAsync(cancellationToken);
            if (journaled > 0 && journal.IsGone)
                throw Lost(path, journal.Exists ? "is empty" : "is not there", "receipts");
            await journal.EnsureAsync(cancellationToken);
            var found = new HashSet<Guid>();
            var applied = await ApplyAsync(file: null, found, cancellationToken);
            // A server's database may have been journalled by other hosts too, each in a file of its own.
            if (database.Value.Provider == DatabaseOptions.Sqlite && found.Count < journaled)
                throw Lost(path, $"has {found.Count} receipts", $"{journaled}");
            if (applied.PurgedAgain > 0 || applied.PutBack > 0)
                Log.Restored(logger, path, applied.PurgedAgain, applied.PutBack);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"Receipts:JournalPath names a file that cannot be used: {exception.Message}", exception);
        }
    }

    public Task<AppliedReceipts> ApplyAsync(string? file, CancellationToken cancellationToken) => ApplyAsync(file, [], cancellationToken);

    public async IAsyncEnumerable<byte[]> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = Guid.Empty;
        while (true)
        {
            List<Uninstallation> page;
            await using (var scope = scopes.CreateAsyncScope())
            {
                // Page by page: a long read would keep SQLite's log from being scrubbed.
                page = await scope.ServiceProvider.GetRequiredService<PartnerDbContext>().Uninstallations.AsNoTracking()
                    .Where(uninstallation => uninstallation.Id > last && (uninstallation.PurgedAt != null || uninstallation.FirstPurgedAt != null))
                    .OrderBy(uninstallation => uninstallation.Id)
                    .Take(PageSize)
                    .ToListAsync(cancellationToken);
            }

            if (page.Count == 0)
                yield break;
            foreach (var uninstallation in page)
                yield return ReceiptLine.Write(uninstallation.ToPurgedLife()!);
            last = page[^1].Id;
        }
    }

    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (_ready)
            return null;
        await using var scope = scopes.CreateAsyncScope();
        var again = scope.ServiceProvider.GetRequiredService<PartnerDbContext>().Uninstallations.Where(uninstallation => uninstallation.NextRunAt != null && uninstallation.FirstPurgedAt != null);
        var underWay = await again.CountAsync(uninstallation => uninstallation.Attempts < Backoff.StuckAfter, cancellationToken);
        if (underWay > 0)
            return $"{underWay} installations that a backup brought back are still to be purged again.";
        var stuck = await again.CountAsync(cancellationToken);
        if (stuck > 0)
            Log.Stuck(logger, stuck);
        _ready = true;
        return null;
    }

    /// <param name="found">Gets the lives whose receipts are in the file, for a receipt may be there in several lines.</param>
    private async Task<AppliedReceipts> ApplyAsync(string? file, HashSet<Guid> found, CancellationToken cancellationToken)
    {
        if (file is null && journal.FilePath is null)
            throw new StartupException("There is no journal, for Receipts:JournalPath is not set: name a file, or '-' for standard input.");
        var name = file ?? journal.FilePath!;
        try
        {
            await using var stream = file switch
            {
                null => journal.OpenForReading(),
                "-" => Console.OpenStandardInput(),
                _ => new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete),
            };
            return await ApplyAsync(stream, name, file is null, found, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"'{name}' cannot be read: {exception.Message}", exception);
        }
    }

    private async Task<AppliedReceipts> ApplyAsync(Stream stream, string name, bool own, HashSet<Guid> found, CancellationToken cancellationToken)
    {
        var applied = new AppliedReceipts(0, 0, 0);
        var batch = new List<PurgedLife>(ApplyReceiptsCommand.MaxBatch);
        try
        {
            await foreach (var receipt in ReceiptLines.ReadAsync(stream, name, bytes => Log.Torn(logger, name, bytes), cancellationToken))
            {
                batch.Add(receipt);
                found.Add(receipt.InstallationKey);
                if (batch.Count == ApplyReceiptsCommand.MaxBatch)
                    await ApplyBatchAsync();
            }
        }
        catch (UnreadableReceiptException) when (batch.Count > 0)
        {
            await ApplyBatchAsync(); // What stands before it counts.
            throw;
        }

        if (batch.Count > 0)
            await ApplyBatchAsync();
        return applied;

        async Task ApplyBatchAsync()
        {
            try
            {
                applied += await commands.RunAsync(new ApplyReceiptsCommand(batch, own), cancellationToken);
            }
            catch (Exception exception) when (exception is DbUpdateException or InvalidOperationException)
            {
                throw await FindTwinAsync(batch, cancellationToken) is { } twin
                    ? new StartupException($"'{name}' has a receipt of {twin.InstallationId.Value} whose id, {twin.Id}, is another receipt's with another key. Correct the line or take it out, and know that a purged customer whose receipt is lost may come back from a backup.", exception)
                    : exception;
            }

            batch.Clear();
        }
    }

    /// <returns>A receipt whose id another life has, in the file or in the database; null if there is none.</returns>
    private async Task<PurgedLife?> FindTwinAsync(List<PurgedLife> receipts, CancellationToken cancellationToken)
    {
        var ids = receipts.ConvertAll(receipt => receipt.Id);
        await using var scope = scopes.CreateAsyncScope();
        var keys = await scope.ServiceProvider.GetRequiredService<PartnerDbContext>().Uninstallations.Where(uninstallation => ids.Contains(uninstallation.Id))
            .ToDictionaryAsync(uninstallation => uninstallation.Id, uninstallation => uninstallation.InstallationKey, cancellationToken);
        return receipts.Find(receipt => !keys.TryAdd(receipt.Id, receipt.InstallationKey) && keys[receipt.Id] != receipt.InstallationKey);
    }

    private async Task<int> CountJournaledAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<PartnerDbContext>().Uninstallations.CountAsync(uninstallation => uninstallation.JournaledAt != null, cancellationToken);
    }

    private static StartupException Lost(string path, string found, string journaled) =>
        new($"Receipts:JournalPath names the file '{path}', which {found}, but {journaled} of this database were journalled: bring the file back (is its disk mounted?), or make it with the command 'receipts export'.");

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "By {Path} this database is a restored backup: {PurgedAgain} installations are cut off and purged again, {PutBack} receipts are put back")]
        public static partial void Restored(ILogger logger, string path, int purgedAgain, int putBack);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} ends in {Bytes} bytes of a line that was never finished; they are passed over")]
        public static partial void Torn(ILogger logger, string path, long bytes);

        [LoggerMessage(Level = LogLevel.Warning, Message = "This process turns ready though {Stuck} installations that a backup brought back could not be purged again yet: they are cut off, and the product is asked on and on")]
        public static partial void Stuck(ILogger logger, int stuck);
    }
}
