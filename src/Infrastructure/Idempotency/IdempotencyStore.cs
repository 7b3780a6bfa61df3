using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Idempotency;

internal sealed class IdempotencyStore(PartnerDbContext db, CompiledQueries queries, ISecretProtector protector, TimeProvider time) : IIdempotencyStore
{
    public async Task<RememberedAnswer?> FindAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        IdempotencyRecord? record;
        try
        {
            record = await queries.RecordByScope(db, request.Scope, cancellationToken);
        }
        catch (Exception exception) when (db.IsLockTimeout(exception))
        {
            throw new HeldElsewhereException(exception);
        }

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
