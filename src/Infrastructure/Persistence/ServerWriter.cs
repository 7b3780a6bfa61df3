using Microsoft.EntityFrameworkCore;

namespace Partner.Infrastructure.Persistence;

/// <summary>A database server has its own locks: one transaction per write, in the provider's retrying strategy.</summary>
internal sealed class ServerWriter : IWriter
{
    public Task WriteAsync(PartnerDbContext db, CancellationToken cancellationToken) =>
        db.Database.CreateExecutionStrategy().ExecuteAsync(
            db,
            static async (context, ct) =>
            {
                // A failed write takes back all of its transaction, so it needs no savepoint; and of a connection that ends while one is
                // released, Entity Framework does not tell.
                context.Database.AutoSavepointsEnabled = false;
                await using var transaction = await context.Database.BeginTransactionAsync(ct);
                foreach (var statement in context.Statements)
                    await statement(ct);
                // Accepted only after the commit, so that a retry still has them.
                await context.SaveChangesAsync(acceptAllChangesOnSuccess: false, ct);
                await transaction.CommitAsync(CancellationToken.None); // Once it is asked for, the caller must know how it ends.
                context.ChangeTracker.AcceptAllChanges();
            },
            cancellationToken);
}
