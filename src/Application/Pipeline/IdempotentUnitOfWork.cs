using Partner.Application.Ports;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Pipeline;

/// <summary>
/// A unit of work that remembers its success under the call's idempotency key in the same transaction, and looks for an earlier
/// answer again each time it has to start over, or has found nothing to do: of two racers the second finds the first's record.
/// </summary>
public sealed class IdempotentUnitOfWork(IUnitOfWork unitOfWork, IIdempotencyStore store)
{
    /// <summary>The call that is being answered, or null without a key. Set by <see cref="IdempotencyBehaviour{TRequest, TResponse}"/>.</summary>
    public IdempotentRequest? Request { get; internal set; }

    /// <summary>Runs <paramref name="work"/> as <see cref="IUnitOfWork.ExecuteAsync"/> does; where another process still works under the same key, says so (rule K5).</summary>
    public async Task<TResponse> ExecuteAsync<TResponse>(Func<CancellationToken, Task<TResponse>> work, CancellationToken cancellationToken)
        where TResponse : IOutcome<TResponse>
    {
        var first = true;
        try
        {
            return await unitOfWork.ExecuteAsync(
                async ct =>
                {
                    if (!first && Request is not null && await RecallAsync<TResponse>(ct) is { } earlier)
                        return earlier;
                    first = false;
                    var response = await work(ct);
                    if (Request is not { } request || !response.IsSuccess)
                        return response;
                    if (response.Value is ISometimesForgotten { IsRemembered: false })
                        return await RecallAsync<TResponse>(ct) ?? response; // It writes nothing that could lose against the first, of which nothing may be left already.
                    store.Add(request, PartnerJson.Answer(response.Value));
                    return response;
                },
                cancellationToken);
        }
        catch (HeldElsewhereException) when (Request is not null)
        {
            return TResponse.Failure(IdempotencyErrors.InProgress);
        }
    }

    /// <returns>The answer already given under this key, or why there is none; null if the key is new.</returns>
    internal async Task<TResponse?> RecallAsync<TResponse>(CancellationToken cancellationToken)
        where TResponse : IOutcome<TResponse>
    {
        RememberedAnswer? remembered;
        try
        {
            remembered = await store.FindAsync(Request!, cancellationToken);
        }
        catch (HeldElsewhereException)
        {
            return TResponse.Failure(IdempotencyErrors.InProgress);
        }

        if (remembered is null)
            return default;
        if (remembered.RequestHash is { } hash && !hash.AsSpan().SequenceEqual(Request!.RequestHash))
            return TResponse.Failure(IdempotencyErrors.Reused);
        return remembered.Answer is { } answer ? TResponse.Replay(answer) : TResponse.Failure(IdempotencyErrors.Unreadable);
    }
}

/// <summary>An answer that may leave no mark under its key (rule D1: nothing happened, so nothing is remembered).</summary>
public interface ISometimesForgotten
{
    bool IsRemembered { get; }
}

/// <summary>An answer that one rule of the contract decided; counted by it.</summary>
public interface IDecidedByRule
{
    string Rule { get; }
}

public static class IdempotencyErrors
{
    public static Error Reused { get; } = Error.Conflict("idempotency_key_reused", "This Idempotency-Key was used for another request. Repeat that request as it was, or use a new key.");

    public static Error InProgress { get; } = Error.Conflict("request_in_progress", "The first request with this Idempotency-Key, or another that changes the same, is still running. Repeat it in a moment.") with { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Error Unreadable { get; } = Error.Conflict("answer_unreadable", "The first answer to this Idempotency-Key held secrets and can no longer be decrypted. Use a new key.");
}
