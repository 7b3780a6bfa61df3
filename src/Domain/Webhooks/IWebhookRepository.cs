namespace Partner.Domain.Webhooks;

public interface IWebhookRepository
{
    /// <returns>Whether an event with this id was stored before.</returns>
    Task<bool> IsKnownAsync(byte[] idHash, CancellationToken cancellationToken);

    /// <returns>The event if it still has to be worked on, or null.</returns>
    Task<WebhookEvent?> FindUnprocessedAsync(Guid id, CancellationToken cancellationToken);

    void Add(WebhookEvent webhook);
}
