namespace Partner.VercelSimulator.Commands;

/// <summary>Posts one signed event.</summary>
internal sealed class WebhookCommand : StepCommand
{
    private const string DefaultType = "integration-configuration.removed";
    private const string InvoicePrefix = "marketplace.invoice.";

    public override string Name => "webhook";

    public override string Summary => "POST webhook: an event with its signature.";

    public override IReadOnlyList<Option> Options { get; } =
    [
        WhereAndWho.Single(option => option.Name == "--url"),
        WhereAndWho.Single(option => option.Name == "--installation"),
        new("--type", "TYPE", $"the event (default {DefaultType})"),
        new("--id", "TEXT", "the event's id (default: a new one)"),
        new("--invoice", "ID", "the invoice, for marketplace.invoice.*"),
        new("--secret", "TEXT", "the client secret that signs (default: Development's)"),
    ];

    protected override Task<Exchange> CallAsync(VercelCaller caller, Options options, CancellationToken cancellationToken)
    {
        var (id, type, eventId) = (Installation(options), options.Text("--type", DefaultType), options.Text("--id"));
        var now = TimeProvider.System.GetUtcNow();
        var webhook = type switch
        {
            DefaultType => VercelWebhooks.Removed(id, now, eventId),
            "integration-configuration.transferred" =>
                VercelWebhooks.Transferred(id, VercelDefaults.AccountOf(id), VercelDefaults.Hex("new:" + id), now, eventId),
            _ when type.StartsWith(InvoicePrefix, StringComparison.Ordinal) => VercelWebhooks.Invoice(
                type[InvoicePrefix.Length..],
                id,
                options.Text("--invoice") ?? throw new UsageException($"{type} wants the invoice: --invoice mi_…"),
                now,
                eventId: eventId),
            _ => VercelWebhooks.Event(type, now, eventId),
        };
        return caller.SendWebhookAsync(webhook, cancellationToken: cancellationToken);
    }
}
