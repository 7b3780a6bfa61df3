using MediatR;

namespace Partner.Application.Pipeline;

/// <summary>Commits what the handler changed, with its idempotency record, before the answer is given.</summary>
internal sealed class UnitOfWorkBehaviour<TRequest, TResponse>(IdempotentUnitOfWork unitOfWork) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>, ITransactionalCommand
    where TResponse : IOutcome<TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        unitOfWork.ExecuteAsync(_ => next(), cancellationToken);
}
