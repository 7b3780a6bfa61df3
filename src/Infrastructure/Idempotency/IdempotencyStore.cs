using Microsoft.EntityFrameworkCore;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Idempotency;

internal sealed class IdempotencyStore(PartnerDbContext db, ISecretProtector protector, TimeProvider time) : IIdempotencyStore
{
    /// <summary>Compiled once: every change asks this first, and most replays nothing else.</summary>
    private static readonly Func<PartnerDbContext, byte[], CancellationToken, Task<IdempotencyRecord?>> ByScope = EF.CompileAsyncQuery(
        (PartnerDbContext db, byte[] scope, CancellationToken cancellationToken) => db.IdempotencyRecords.AsNoTracking().FirstOrDefault(record => record.Scope == scope));

    public async Task<RememberedAnswer?> FindAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        var record = await ByScope(db, request.Scope, cancellationToken);
        if (record is null)
            return null;
        var body = record.Encrypted ? protector.Unprotect(Purposes.Idempotency(request.InstallationId), record.Body) : record.Body;
        return new RememberedAnswer(record.RequestHash, body is null ? null : new StoredAnswer(record.Status, body));
    }

    public void Add(IdempotentRequest request, StoredAnswer answer) => db.IdempotencyRecords.Add(new IdempotencyRecord
    {
        Scope = request.Scope,
        InstallationId = request.InstallationId,
        Operation = request.Operation,
        RequestHash = request.RequestHash,
        Status = answer.Status,
        Body = request.AnswerIsSecret ? protector.Protect(Purposes.Idempotency(request.InstallationId), answer.Body) : answer.Body,
        Encrypted = request.AnswerIsSecret,
        CreatedAt = time.Now(),
    });
}
