using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Resources;

namespace Partner.Application.Resources;

/// <summary>Destroys at the product what was deleted, or was begun and abandoned; then its row goes. Run by jobs and the sweep.</summary>
public sealed record RemoveResourceCommand(string ResourceId) : ICommand<NoContent>, IRunByService;

internal sealed class RemoveResourceValidator : AbstractValidator<RemoveResourceCommand>
{
    public RemoveResourceValidator() => RuleFor(command => command.ResourceId).NotEmpty();
}

internal sealed partial class RemoveResourceHandler(IUnitOfWork unitOfWork, IResourceRepository resources, IProduct product, ProductCalls calls, TimeProvider time, PartnerMetrics metrics, ILogger<RemoveResourceHandler> logger)
    : IRequestHandler<RemoveResourceCommand, Outcome<NoContent>>
{
    private static readonly TimeSpan ClaimTime = TimeSpan.FromSeconds(20);

    public async Task<Outcome<NoContent>> Handle(RemoveResourceCommand command, CancellationToken cancellationToken)
    {
        var id = command.ResourceId;
        var claimed = await unitOfWork.ExecuteAsync(ct => ClaimAsync(id, ct), cancellationToken);
        if (claimed.Value is not { } installationId)
            return NoContent.Instance;
        string? failure = null;
        try
        {
            await calls.RunAsync(product, installationId.Value, "remove", Resource.CallTime, ct => product.DeprovisionAsync(installationId.Value, id, ct), cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            failure = exception.GetType().Name;
            metrics.StepFailed("remove");
            Log.Failed(logger, id, ProductFault.Describe(exception));
        }

        return await unitOfWork.ExecuteAsync(ct => NoteAsync(id, failure, ct), CancellationToken.None);
    }

    private async Task<Outcome<InstallationId?>> ClaimAsync(string id, CancellationToken cancellationToken)
    {
        var now = time.Now();
        if (await resources.FindDueAsync(id, now, cancellationToken) is not var (resource, installationId))
            return (InstallationId?)null;
        if (resource.Status == ResourceStatus.Provisioning)
            resource.Remove(now);
        resource.Claim(now + ClaimTime);
        return (InstallationId?)installationId;
    }

    private async Task<Outcome<NoContent>> NoteAsync(string id, string? failure, CancellationToken cancellationToken)
    {
        if (await resources.FindRemovingAsync(id, cancellationToken) is { } resource)
        {
            if (failure is null)
                resources.Delete(resource);
            else
                resource.RemovalFailed(failure, time.Now());
        }

        return NoContent.Instance;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Removing resource {ResourceId} at the product failed and is tried again: {Fault}")]
        public static partial void Failed(ILogger logger, string resourceId, string fault);
    }
}
