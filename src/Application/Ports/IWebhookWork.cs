namespace Partner.Application.Ports;

/// <summary>The stored events of Vercel's as work.</summary>
public interface IWebhookWork
{
    /// <returns>Ids of events that are to be worked on, longest due first.</returns>
    Task<IReadOnlyList<Guid>> FindDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);
}
