using FluentValidation;
using MediatR;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Pipeline;

/// <summary>Refuses a request whose fields are out of bounds (lengths of rule R1), after a replay had its chance.</summary>
internal sealed class ValidationBehaviour<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>
    where TResponse : IOutcome<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        foreach (var validator in validators)
        {
            var found = await validator.ValidateAsync(request, cancellationToken);
            if (!found.IsValid)
                return TResponse.Failure(Error.Invalid("bad_request", "The request has invalid fields.", [.. found.Errors.Select(error => new FieldError(error.PropertyName, error.ErrorMessage))]));
        }

        return await next();
    }
}
