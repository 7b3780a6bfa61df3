using Partner.Domain.SharedKernel;
using Partner.Domain.Webhooks.Events;

namespace Partner.Domain.Webhooks;

/// <summary>What an event is about, as far as it is known here.</summary>
/// <param name="SubjectKey">The life of the installation that the event has happened to; null if it is unknown or there is none.</param>
/// <param name="NamedKeys">Every known installation that the payload names; at least one.</param>
/// <param name="HappenedAt">When Vercel made the event; null if it does not say so, and then nothing follows from it.</param>
/// <param name="Payload">The payload, encrypted for <paramref name="SealedFor"/>.</param>
/// <param name="SealedFor">One of <paramref name="NamedKeys"/>.</param>
/// <param name="AccountHash">The subject's new account, hashed; null if the event names none.</param>
public sealed record WebhookContent(Guid? SubjectKey, IReadOnlyList<Guid> NamedKeys, DateTimeOffset? HappenedAt, byte[] Payload, Guid SealedFor, byte[]? AccountHash);

/// <summary>
/// An event of Vercel's, stored once however often it is sent. The payload goes with the purge of any installation it names; the
/// hash of the event's id stays longer, so that a late repeat is still one.
/// </summary>
public sealed class WebhookEvent : AggregateRoot
{
    public const int MaxTypeLength = 128;

    private readonly List<WebhookLink> _links = [];

    private WebhookEvent()
    {
    }

    public Guid Id { get; private set; }

    /// <summary>SHA-256 of Vercel's id of the event; unique.</summary>
    public byte[] IdHash { get; private set; } = [];

    public string Type { get; private set; } = "";

    public DateTimeOffset ReceivedAt { get; private set; }

    /// <summary>When Vercel made it; null if it does not say so, or names nobody known here.</summary>
    public DateTimeOffset? HappenedAt { get; private set; }

    public Guid? SubjectKey { get; private set; }

    /// <summary>Encrypted for <see cref="SealedFor"/>; null if it names nobody known here, or once one of those is purged.</summary>
    public byte[]? Payload { get; private set; }

    public Guid? SealedFor { get; private set; }

    /// <summary>Salted hash of the subject's new account, until it is applied (rule W6).</summary>
    public byte[]? AccountHash { get; private set; }

    /// <summary>When there was nothing left to do about it.</summary>
    public DateTimeOffset? ProcessedAt { get; private set; }

    /// <summary>When it is to be worked on; null once processed. What the sweep looks for.</summary>
    public DateTimeOffset? NextAttemptAt { get; private set; }

    public int Attempts { get; private set; }

    public IReadOnlyList<WebhookLink> Links => _links;

    /// <summary>Of an event that names nobody known, only id and type are kept (rules W3, W5).</summary>
    public static WebhookEvent OfUnknown(byte[] idHash, string type, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        IdHash = idHash,
        Type = type,
        ReceivedAt = now,
        ProcessedAt = now,
    };

    public static WebhookEvent About(byte[] idHash, string type, WebhookContent content, DateTimeOffset now)
    {
        var webhook = new WebhookEvent
        {
            Id = Guid.CreateVersion7(now),
            IdHash = idHash,
            Type = type,
            ReceivedAt = now,
            HappenedAt = content.HappenedAt,
            SubjectKey = content.SubjectKey,
            Payload = content.Payload,
            SealedFor = content.SealedFor,
        };
        webhook._links.AddRange(content.NamedKeys.Select(key => WebhookLink.Between(webhook.Id, key)));
        if (content.SubjectKey is { } subject && (type == WebhookTypes.Removed || (type == WebhookTypes.Transferred && content.AccountHash is not null)))
        {
            webhook.AccountHash = type == WebhookTypes.Transferred ? content.AccountHash : null;
            webhook.NextAttemptAt = now;
            webhook.Raise(new WebhookRecorded(subject, webhook.Id, now));
        }
        else
        {
            webhook.ProcessedAt = now;
        }

        return webhook;
    }

    public void Processed(DateTimeOffset now) => (ProcessedAt, NextAttemptAt, AccountHash) = (now, null, null);

    /// <summary>It is tried again after a growing pause, for ever.</summary>
    public void Failed(DateTimeOffset now)
    {
        Attempts++;
        NextAttemptAt = now + Backoff.After(Attempts);
    }
}
