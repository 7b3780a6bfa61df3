using Microsoft.EntityFrameworkCore;
using Partner.Infrastructure.Marketplace;
using Partner.Infrastructure.Persistence;

namespace Partner.TestKit;

/// <summary>The service's own writer, except that it can lose the answer to a commit that was made, and let its connection have a limit.</summary>
internal sealed class LossyWriter(IWriter inner) : IWriter, IAsyncDisposable
{
    private int _losesAfter = -1;

    public int LosesAfter
    {
        set => _losesAfter = value;
    }

    /// <summary>SQL that every write begins with, on the connection that writes; null: none.</summary>
    public string? First { get; set; }

    public async Task WriteAsync(PartnerDbContext db, CancellationToken cancellationToken)
    {
        if (First is { } sql)
            db.Statements.Insert(0, ct => db.Database.ExecuteSqlRawAsync(sql, ct));
        var isOfKeys = db.ChangeTracker.Entries<StoredKeySet>().Any(); // Written in the background whenever they were fetched: a test cannot count those.
        await inner.WriteAsync(db, cancellationToken);
        if (!isOfKeys && _losesAfter >= 0 && Interlocked.Decrement(ref _losesAfter) < 0)
            throw new TimeoutException("The connection was lost after the commit.");
    }

    public ValueTask DisposeAsync() => inner is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;
}
