namespace Partner.Domain.Webhooks;

/// <summary>An event's payload names this life of an installation, so it belongs to its purge.</summary>
public sealed class WebhookLink
{
    private WebhookLink()
    {
    }

    public Guid WebhookId { get; private set; }

    public Guid InstallationKey { get; private set; }

    internal static WebhookLink Between(Guid webhookId, Guid installationKey) => new() { WebhookId = webhookId, InstallationKey = installationKey };
}
