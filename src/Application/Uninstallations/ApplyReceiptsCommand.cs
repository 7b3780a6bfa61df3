using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Uninstallations;

/// <summary>
/// Tells a database that may be a restored backup of purges that it has forgotten. A life that the backup brought back is cut off by
/// this commit and purged again by the ordinary steps; a receipt without its life is put back. Another life under the same Vercel id
/// has another key and is left alone. A second run finds nothing new.
/// </summary>
/// <param name="FromOwnJournal">They come from the journal that this service writes, so what is put back need not be written there again.</param>
public sealed record ApplyReceiptsCommand(IReadOnlyList<PurgedLife> Receipts, bool FromOwnJournal) : ICommand<AppliedReceipts>, IRunByService
{
    /// <summary>How many go into one transaction: databases bound the parameters of a query.</summary>
    public const int MaxBatch = 500;
}

/// <summary>What receipts came to.</summary>
/// <param name="Known">Nothing of it was new.</param>
/// <param name="PutBack">The receipt was missing, or knew less.</param>
/// <param name="PurgedAgain">The life was back: it is cut off, and its purge is due.</param>
public sealed record AppliedReceipts(int Known, int PutBack, int PurgedAgain)
{
    public static AppliedReceipts operator +(AppliedReceipts left, AppliedReceipts right) => new(left.Known + right.Known, left.PutBack + right.PutBack, left.PurgedAgain + right.PurgedAgain);
}

internal sealed class ApplyReceiptsValidator : AbstractValidator<ApplyReceiptsCommand>
{
    public ApplyReceiptsValidator() => RuleFor(command => command.Receipts.Count).InclusiveBetween(1, ApplyReceiptsCommand.MaxBatch);
}

internal sealed partial class ApplyReceiptsHandler(
    IUnitOfWork unitOfWork,
    IInstallationRepository installations,
    IUninstallationRepository uninstallations,
    UninstallPolicy policy,
    IAuditLog audit,
    TimeProvider time,
    ILogger<ApplyReceiptsHandler> logger) : IRequestHandler<ApplyReceiptsCommand, Outcome<AppliedReceipts>>
{
    public async Task<Outcome<AppliedReceipts>> Handle(ApplyReceiptsCommand command, CancellationToken cancellationToken)
    {
        // At an ordinary start every receipt is known: then this one narrow query is all.
        var known = (await uninstallations.FindPurgesAsync([.. command.Receipts.Select(receipt => receipt.InstallationKey).Distinct()], cancellationToken)).ToDictionary(purge => purge.InstallationKey);
        var news = command.Receipts.Where(receipt => !(known.TryGetValue(receipt.InstallationKey, out var purge) && purge.Covers(receipt))).ToList();
        var nothingNew = new AppliedReceipts(command.Receipts.Count - news.Count, 0, 0);
        if (news.Count == 0)
            return nothingNew;

        var committed = await unitOfWork.ExecuteAsync(ct => ApplyAsync(news, command.FromOwnJournal, ct), cancellationToken);
        var (applied, again, strangers) = committed.Value!;
        foreach (var receipt in again)
            Log.PurgedAgain(logger, receipt.InstallationId.Value, receipt.PurgedAt);
        foreach (var receipt in strangers)
            Log.LeftAlone(logger, receipt.InstallationId.Value, receipt.PurgedAt);
        return nothingNew + applied;
    }

    private async Task<Outcome<Committed>> ApplyAsync(IReadOnlyList<PurgedLife> receipts, bool journaled, CancellationToken cancellationToken)
    {
        var now = time.Now();
        var processes = (await uninstallations.FindAsync([.. receipts.Select(receipt => receipt.InstallationKey).Distinct()], cancellationToken)).ToDictionary(process => process.InstallationKey);
        var lives = (await installations.FindAsync([.. receipts.Select(receipt => receipt.InstallationId).Distinct()], cancellationToken)).ToDictionary(installation => installation.Id);
        var applied = new AppliedReceipts(0, 0, 0);
        var again = new List<PurgedLife>();
        var strangers = new List<PurgedLife>();
        foreach (var receipt in receipts)
        {
            var process = processes.GetValueOrDefault(receipt.InstallationKey);
            var life = lives.GetValueOrDefault(receipt.InstallationId);
            if (life?.Key == receipt.InstallationKey && process?.FirstPurgedAt is null)
            {
                var begun = life.PurgeAgain(receipt, process, policy, now);
                if (process is null)
                    uninstallations.Add(begun);
                processes[receipt.InstallationKey] = begun;
                audit.Write(receipt.InstallationId, "E5", "to be purged again: a restored backup had it", CallerStyle.System);
                applied += new AppliedReceipts(0, 0, 1);
                again.Add(receipt);
                continue;
            }

            // By the clocks it began before that purge, by its key it is another: clocks differ, keys do not.
            if (process is null && life is not null && life.InstalledAt < receipt.PurgedAt)
                strangers.Add(receipt);
            if (process is null)
            {
                uninstallations.Add(processes[receipt.InstallationKey] = Uninstallation.PutBack(receipt, journaled ? now : null));
                audit.Write(receipt.InstallationId, "E6", "receipt put back", CallerStyle.System);
            }
            else if (!process.Recall(receipt, now))
            {
                applied += new AppliedReceipts(1, 0, 0);
                continue;
            }

            applied += new AppliedReceipts(0, 1, 0);
        }

        return new Committed(applied, again, strangers);
    }

    private sealed record Committed(AppliedReceipts Applied, IReadOnlyList<PurgedLife> Again, IReadOnlyList<PurgedLife> Strangers);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{InstallationId}, purged at {PurgedAt:u}, is back from a backup: it is cut off and purged again")]
        public static partial void PurgedAgain(ILogger logger, string installationId, DateTimeOffset purgedAt);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{InstallationId} was purged at {PurgedAt:u}; what is installed under this id began before by its time, but is another life by its key: it is left alone")]
        public static partial void LeftAlone(ILogger logger, string installationId, DateTimeOffset purgedAt);
    }
}
