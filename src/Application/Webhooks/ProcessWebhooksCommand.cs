using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Webhooks;

namespace Partner.Application.Webhooks;

/// <summary>Does what follows from stored events, each in a transaction of its own. Run by jobs and the sweep; a second run finds nothing left.</summary>
public sealed record ProcessWebhooksCommand(IReadOnlyList<Guid> WebhookIds) : ICommand<NoContent>, IRunByService
{
    public const int MaxBatch = 50;
}

internal sealed class ProcessWebhooksValidator : AbstractValidator<ProcessWebhooksCommand>
{
    public ProcessWebhooksValidator() => RuleFor(command => command.WebhookIds.Count).InclusiveBetween(1, ProcessWebhooksCommand.MaxBatch);
}

internal sealed partial class ProcessWebhooksHandler(IUnitOfWork unitOfWork, IWebhookRepository webhooks, WebhookRules rules, TimeProvider time, PartnerMetrics metrics, ILogger<ProcessWebhooksHandler> logger)
    : IRequestHandler<ProcessWebhooksCommand, Outcome<NoContent>>
{
    public async Task<Outcome<NoContent>> Handle(ProcessWebhooksCommand command, CancellationToken cancellationToken)
    {
        foreach (var id in command.WebhookIds)
        {
            try
            {
                var applied = (await unitOfWork.ExecuteAsync(ct => ProcessAsync(id, ct), cancellationToken)).Value;
                if (applied is { Outcome: WebhookRules.Uninstalling })
                {
                    metrics.Uninstalled(applied.Rule);
                    Log.Accepted(logger, applied.InstallationId.Value, applied.Rule);
                }

                Log.Applied(logger, id, applied?.Rule, applied?.Outcome);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                metrics.StepFailed("webhook");
                Log.Failed(logger, id, exception);
                await unitOfWork.ExecuteAsync(ct => PutOffAsync(id, ct), CancellationToken.None);
            }
        }

        return NoContent.Instance;
    }

    private async Task<Outcome<AppliedRule?>> ProcessAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await webhooks.FindUnprocessedAsync(id, cancellationToken) is not { } webhook)
            return (AppliedRule?)null;
        var now = time.Now();
        var applied = await rules.ApplyAsync(webhook, now, cancellationToken);
        webhook.Processed(now);
        return applied;
    }

    private async Task<Outcome<NoContent>> PutOffAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await webhooks.FindUnprocessedAsync(id, cancellationToken) is { } webhook)
            webhook.Failed(time.Now());
        return NoContent.Instance;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Webhook {WebhookId} is worked on, by rule {Rule}: {Outcome}")]
        public static partial void Applied(ILogger logger, Guid webhookId, string? rule, string? outcome);

        [LoggerMessage(Level = LogLevel.Information, Message = "The uninstall of {InstallationId} is accepted (rule {Rule})")]
        public static partial void Accepted(ILogger logger, string installationId, string rule);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Acting on webhook {WebhookId} failed; it is tried again")]
        public static partial void Failed(ILogger logger, Guid webhookId, Exception exception);
    }
}
