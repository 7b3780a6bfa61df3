using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Partner.Application.Ports;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Outbox;

/// <summary>Raises the version of every changed aggregate, and puts its events into the outbox in the same save.</summary>
internal sealed class OutboxInterceptor(TimeProvider time) : SaveChangesInterceptor
{
    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        if (eventData.Context is PartnerDbContext { IsPrepared: false } db)
            Raise(db);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(SavingChanges(eventData, result));

    /// <summary>Does it before the save, on the caller's thread; the save then finds it done and looks for changes no more.</summary>
    public void PrepareNow(PartnerDbContext db)
    {
        db.ChangeTracker.DetectChanges();
        db.IsPrepared = true; // From here on every change is made known by whoever makes it.
        Raise(db);
    }

    private void Raise(PartnerDbContext db)
    {
        var now = time.Now();
        foreach (var entry in db.ChangeTracker.Entries<AggregateRoot>().ToList())
        {
            if (entry.State is EntityState.Added or EntityState.Modified)
            {
                var version = entry.Property(aggregate => aggregate.Version);
                version.CurrentValue = version.OriginalValue + 1;
            }

            foreach (var happened in entry.Entity.Events)
            {
                var (type, payload) = OutboxEvents.Write(happened);
                db.Outbox.Add(new OutboxMessage { Id = Guid.CreateVersion7(now), InstallationKey = happened.InstallationKey, Type = type, Payload = payload, OccurredAt = now, NextAttemptAt = now });
            }

            entry.Entity.ClearEvents();
        }
    }
}
