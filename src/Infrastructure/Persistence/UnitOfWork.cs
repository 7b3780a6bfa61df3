using Microsoft.EntityFrameworkCore;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Infrastructure.Outbox;

namespace Partner.Infrastructure.Persistence;

/// <summary>
/// Reads without a lock, decides, and writes by conditional updates and unique indexes: whoever comes second starts over on what the
/// first has made true. So no provider's locks or hints matter, and nothing is held while deciding.
/// </summary>
internal sealed class UnitOfWork(PartnerDbContext db, IWriter writer, OutboxSignal outbox) : IUnitOfWork
{
    /// <summary>Every round lost means that somebody else has won one, so this many are only lost under a fault.</summary>
    private const int MaxRounds = 1000;

    public async Task<TOutcome> ExecuteAsync<TOutcome>(Func<CancellationToken, Task<TOutcome>> work, CancellationToken cancellationToken)
        where TOutcome : IOutcome
    {
        for (var round = 1; ; round++)
        {
            db.Forget();
            try
            {
                var outcome = await work(cancellationToken);
                if (!outcome.IsSuccess || !db.HasWork)
                    return outcome;
                await writer.WriteAsync(db, cancellationToken);
                outbox.Raise();
                return outcome;
            }
            catch (DbUpdateException exception) when (round < MaxRounds && (exception is DbUpdateConcurrencyException || db.IsUniqueViolation(exception)))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (Exception exception) when (db.IsLockTimeout(exception))
            {
                throw new HeldElsewhereException(exception);
            }
        }
    }
}
