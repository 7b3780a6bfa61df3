using FluentValidation;
using MediatR;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Resources;

/// <summary>
/// <c>DELETE /v1/installations/{installationId}/resources/{resourceId}</c>: cut off at once, destroyed by a job.
/// 204 also for one that is unknown or gone.
/// </summary>
public sealed record DeleteResourceCommand(string InstallationId, string ResourceId, IReadOnlyList<string> IdempotencyKeys)
    : ICommand<NoContent>, IRequireRole, IIdempotentCommand, ITransactionalCommand
{
    public IReadOnlyList<CallerStyle> AllowedStyles => Callers.UsersAndSystem;

    public bool RequiresAdmin => true;

    public string Operation => "delete-resource";

    public object Content => new { ResourceId };

    public bool AnswerIsSecret => false;
}

internal sealed class DeleteResourceValidator : AbstractValidator<DeleteResourceCommand>
{
    public DeleteResourceValidator() => RuleFor(command => command.ResourceId)
        .Must(id => id.Length is > 0 and <= ProvisionResourceCommand.MaxIdLength)
        .OverridePropertyName("resourceId")
        .WithMessage("Must have 1 to 128 characters.");
}

internal sealed class DeleteResourceHandler(IInstallationRepository installations, IResourceRepository resources, IAuditLog audit, ICaller caller, TimeProvider time)
    : IRequestHandler<DeleteResourceCommand, Outcome<NoContent>>
{
    public async Task<Outcome<NoContent>> Handle(DeleteResourceCommand command, CancellationToken cancellationToken)
    {
        var now = time.Now();
        var id = InstallationId.From(command.InstallationId);
        if (await installations.FindAsync(id, cancellationToken) is not { } installation)
            return NoContent.Forgotten;
        installation.Touch(); // What is remembered below must not slip in behind a purge.
        if (await resources.FindAsync(installation.Key, command.ResourceId, cancellationToken) is { } resource && installation.Remove(resource, now))
            audit.Write(id, "A6", "resource removed", caller.Style);

        return NoContent.Instance;
    }
}
