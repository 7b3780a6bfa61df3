using Microsoft.EntityFrameworkCore;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Persistence;

namespace Partner.Crash.Host;

/// <summary>Dies around the transaction of an uninstall that somebody waits for, or in that of a purge.</summary>
internal sealed class CrashingWriter(IWriter inner, CrashPoint point) : IWriter, IAsyncDisposable
{
    public async Task WriteAsync(PartnerDbContext db, CancellationToken cancellationToken)
    {
        var begun = db.IsBackground ? [] : db.ChangeTracker.Entries<Uninstallation>().Where(entry => entry.State == EntityState.Added).Select(entry => entry.Entity.Id).ToList();
        var purged = new List<Guid>();
        if (begun.Count > 0)
            point.Reach(Points.BeforeTransaction, begun.Cast<object>());
        db.SavedChanges += Saved;
        try
        {
            await inner.WriteAsync(db, cancellationToken);
        }
        finally
        {
            db.SavedChanges -= Saved;
        }

        if (begun.Count > 0)
            point.Reach(Points.BeforeAnswer, begun.Cast<object>());
        CrashingJobs.Purged(purged);

        // Inside the transaction, or inside the savepoint of a common one.
        void Saved(object? sender, SavedChangesEventArgs saved)
        {
            if (begun.Count > 0)
                point.Reach(Points.BeforeCommit, begun.Cast<object>());
            purged.AddRange(db.ChangeTracker.Entries<Uninstallation>().Where(entry => entry.Entity.PurgedAt is not null).Select(entry => entry.Entity.Id));
            if (purged.Count > 0)
                point.Reach(Points.InPurge, purged.Cast<object>());
        }
    }

    public ValueTask DisposeAsync() => inner is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;
}
