namespace Partner.Domain.Webhooks;

/// <summary>The types of Vercel's events that something follows from; all others are only stored (rule W5).</summary>
public static class WebhookTypes
{
    /// <summary>The installation is gone at Vercel (rules W1 to W3).</summary>
    public const string Removed = "integration-configuration.removed";

    /// <summary>The installation belongs to another account now (rule W6).</summary>
    public const string Transferred = "integration-configuration.transferred";
}
