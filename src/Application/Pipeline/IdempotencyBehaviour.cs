using MediatR;

namespace Partner.Application.Pipeline;

/// <summary>
/// A repeat under the same key ends here with the first answer (rules K1 to K5), before any transaction. While the first is still
/// running in this process, the repeat waits for it; on another node the unique index of the records decides.
/// </summary>
internal sealed class IdempotencyBehaviour<TRequest, TResponse>(IdempotentUnitOfWork unitOfWork, RunningRequests running) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>, IIdempotentCommand
    where TResponse : IOutcome<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var parsed = IdempotentRequest.From(request);
        if (!parsed.IsSuccess)
            return TResponse.Failure(parsed.Error);
        if (parsed.Value is not { } idempotent)
            return await next();

        using var turn = await running.EnterAsync(idempotent.Scope, cancellationToken);
        if (turn is null)
            return TResponse.Failure(IdempotencyErrors.InProgress);
        unitOfWork.Request = idempotent;
        return await unitOfWork.RecallAsync<TResponse>(cancellationToken) ?? await next();
    }
}
