using System.Text.Json;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Partner.Application.Catalog;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Resources;

/// <summary>
/// A customer buys: <c>POST /v1/installations/{installationId}/resources</c>. Not one transaction but two, around the call to the
/// product: the resource's id is committed before the product hears it, so that whatever crashes, nothing there is orphaned.
/// </summary>
public sealed record ProvisionResourceCommand(string InstallationId, string? ProductId, string? BillingPlanId, string? Name, JsonElement? Metadata, IReadOnlyList<string> IdempotencyKeys)
    : ICommand<ResourceResponse>, IRequireRole, IIdempotentCommand
{
    public const int MaxIdLength = 128;

    public const int MaxNameLength = 256;

    public IReadOnlyList<CallerStyle> AllowedStyles => Callers.Users;

    public bool RequiresAdmin => true;

    public string Operation => "provision-resource";

    public object Content => new { ProductId, BillingPlanId, Name, Metadata };

    public bool AnswerIsSecret => true;
}

internal sealed class ProvisionResourceValidator : AbstractValidator<ProvisionResourceCommand>
{
    public ProvisionResourceValidator(ICatalog catalog)
    {
        RuleFor(command => command.ProductId).Must(id => id is not null && catalog.HasProduct(id)).OverridePropertyName("productId").WithMessage($"Must be a product of the catalogue: {string.Join(", ", catalog.ProductIds)}.");
        RuleFor(command => command.BillingPlanId).Must((command, plan) => plan is not null && catalog.FindPlan(command.ProductId!, plan) is { Disabled: false })
            .When(command => command.ProductId is { } id && catalog.HasProduct(id))
            .OverridePropertyName("billingPlanId").WithMessage(command => $"Must be a plan of the product: {string.Join(", ", catalog.PlanIds(command.ProductId!))}.");
        RuleFor(command => command.Name).Must(name => name is { Length: > 0 and <= ProvisionResourceCommand.MaxNameLength }).OverridePropertyName("name").WithMessage("Must have 1 to 256 characters.");
        RuleFor(command => command.Metadata).Must(metadata => metadata is { ValueKind: JsonValueKind.Object }).OverridePropertyName("metadata").WithMessage("Must be an object.");
    }
}

internal sealed partial class ProvisionResourceHandler(
    IUnitOfWork unitOfWork,
    IdempotentUnitOfWork remembering,
    ProvisionSteps steps,
    IProduct product,
    ProductCalls calls,
    TimeProvider time,
    ILogger<ProvisionResourceHandler> logger) : IRequestHandler<ProvisionResourceCommand, Outcome<ResourceResponse>>
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public async Task<Outcome<ResourceResponse>> Handle(ProvisionResourceCommand command, CancellationToken cancellationToken)
    {
        var begun = await BeginAsync(command, cancellationToken);
        if (!begun.IsSuccess || begun.Replayed is not null)
            return begun.IsSuccess ? Outcome<ResourceResponse>.Replay(begun.Replayed!) : begun.Error;
        var intent = begun.Value!;
        var resourceId = intent.ResourceId;

        // From here on the caller may hang up: what the product did is noted all the same.
        Result<ProvisionedAtProduct> made;
        try
        {
            var request = new ProductRequest(command.InstallationId, resourceId, command.ProductId!, command.BillingPlanId!, command.Name!, command.Metadata!.Value);
            made = await calls.RunAsync(product, command.InstallationId, "provision", Resource.ProvisionTime, ct => product.ProvisionAsync(request, ct), CancellationToken.None);
            if (made == default)
                throw new InvalidOperationException("IProduct.ProvisionAsync gave neither a resource nor a refusal.");
        }
        catch (Exception exception)
        {
            // Whether it was made is unknown: it goes the way of a removal, and a retry begins another one.
            Log.Failed(logger, resourceId, ProductFault.Describe(exception));
            await unitOfWork.ExecuteAsync(ct => steps.GiveUpAsync(command, intent, callIsOver: false, ct), CancellationToken.None);
            return ProvisionSteps.ProductUnavailable;
        }

        if (!made.IsSuccess)
        {
            await unitOfWork.ExecuteAsync(ct => steps.GiveUpAsync(command, intent, callIsOver: true, ct), CancellationToken.None);
            return made.Error;
        }

        var finished = await remembering.ExecuteAsync(ct => steps.FinishAsync(command, intent, made.Value, ct), CancellationToken.None);
        if (finished.IsSuccess)
            return finished;
        if (finished.Error == IdempotencyErrors.InProgress)
            return await remembering.RecallAsync<Outcome<ResourceResponse>>(CancellationToken.None) ?? finished;
        // It was taken away while the product made it. Its row sees to the product; the call is for the case that there is none any more.
        await unitOfWork.ExecuteAsync(ct => steps.GiveUpAsync(command, intent, callIsOver: true, ct), CancellationToken.None);
        try
        {
            await calls.RunAsync(product, command.InstallationId, "remove", Resource.CallTime, ct => product.DeprovisionAsync(command.InstallationId, resourceId, ct), CancellationToken.None);
        }
        catch (Exception exception)
        {
            Log.NotRemoved(logger, resourceId, ProductFault.Describe(exception));
        }

        return finished;
    }

    /// <summary>Commits the intent; while another node works under the same key, waits for its answer (rule K5).</summary>
    private async Task<Outcome<ProvisionIntent>> BeginAsync(ProvisionResourceCommand command, CancellationToken cancellationToken)
    {
        var deadline = time.Now() + RunningRequests.Patience;
        while (true)
        {
            Outcome<ProvisionIntent> begun;
            try
            {
                begun = await unitOfWork.ExecuteAsync(ct => steps.BeginAsync(command, ct), cancellationToken);
            }
            catch (HeldElsewhereException) when (remembering.Request is not null)
            {
                return IdempotencyErrors.InProgress;
            }

            if (begun.Error != IdempotencyErrors.InProgress || time.Now() >= deadline)
                return begun;
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The product did not answer the provisioning of {ResourceId}; what it may have made is removed again: {Fault}")]
        public static partial void Failed(ILogger logger, string resourceId, string fault);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Resource {ResourceId} was taken away while the product made it, and removing it there failed; if its installation is purged already, nobody tries again: look for it at the product: {Fault}")]
        public static partial void NotRemoved(ILogger logger, string resourceId, string fault);
    }
}
