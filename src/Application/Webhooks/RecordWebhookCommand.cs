using System.Security.Cryptography;
using System.Text;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Webhooks;

namespace Partner.Application.Webhooks;

/// <summary>Vercel tells of an event: <c>POST /webhooks/vercel</c>. It is only stored; what follows from it is done afterwards.</summary>
public sealed record RecordWebhookCommand(VercelEvent Event) : ICommand<RecordWebhookResponse>, ITransactionalCommand, ISignedByVercel;

public sealed record RecordWebhookResponse(bool Received);

internal sealed class RecordWebhookValidator : AbstractValidator<RecordWebhookCommand>
{
    public RecordWebhookValidator() => RuleFor(command => command.Event.Type).MaximumLength(WebhookEvent.MaxTypeLength).OverridePropertyName("type");
}

internal sealed partial class RecordWebhookHandler(IWebhookRepository webhooks, IInstallationRepository installations, ISecretProtector protector, TimeProvider time, ILogger<RecordWebhookHandler> logger)
    : IRequestHandler<RecordWebhookCommand, Outcome<RecordWebhookResponse>>
{
    /// <summary>An event that claims to come from further in the future would outrank every later one.</summary>
    private static readonly TimeSpan ClockLeeway = TimeSpan.FromMinutes(5);

    public async Task<Outcome<RecordWebhookResponse>> Handle(RecordWebhookCommand command, CancellationToken cancellationToken)
    {
        var now = time.Now();
        var happened = command.Event;
        var idHash = SHA256.HashData(Encoding.UTF8.GetBytes(happened.Id));
        if (await webhooks.IsKnownAsync(idHash, cancellationToken))
            return new RecordWebhookResponse(Received: true);

        var named = await installations.FindAsync(happened.Names, cancellationToken);
        foreach (var installation in named)
            installation.Touch(); // The payload must not slip in behind a purge: this update fails if the row has gone.
        webhooks.Add(named.Count == 0 ? WebhookEvent.OfUnknown(idHash, happened.Type, now) : WebhookEvent.About(idHash, happened.Type, Content(happened, named, now), now));
        Log.Recorded(logger, happened.Type, named.Count);
        return new RecordWebhookResponse(Received: true);
    }

    private WebhookContent Content(VercelEvent happened, IReadOnlyList<Installation> named, DateTimeOffset now)
    {
        var subject = named.SingleOrDefault(installation => installation.Id == happened.Subject);
        var sealedFor = (subject ?? named[0]).Key;
        return new WebhookContent(
            subject?.Key,
            [.. named.Select(installation => installation.Key)],
            happened.CreatedAt > now + ClockLeeway ? now : happened.CreatedAt,
            protector.Protect(Purposes.Installation(sealedFor), happened.Payload.Span),
            sealedFor,
            subject is not null && happened.NewAccountId is { } account ? protector.HashAccount(subject.Key, account) : null);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Webhook {Type} is stored; it names {Count} known installations")]
        public static partial void Recorded(ILogger logger, string type, int count);
    }
}
