namespace Partner.Crash.Tests.Databases;

internal sealed record InstallationRow(Guid Key, string Id, string Status);

internal sealed record ResourceRow(string Id, Guid InstallationKey, string Status);

internal sealed record DemoRow(string ResourceId, Guid InstallationKey);

internal sealed record UninstallationRow(
    Guid Id,
    Guid InstallationKey,
    string InstallationId,
    DateTimeOffset RequestedAt,
    DateTimeOffset DueAt,
    DateTimeOffset? FinalizedAt,
    DateTimeOffset? PurgedAt,
    DateTimeOffset? NextRunAt,
    Guid? LeaseToken,
    int ResourcesErased);

internal sealed record RecordRow(string Scope, string InstallationId, string Operation, int Status, string Body);

internal sealed record AuditRow(string InstallationId, string Rule, string Outcome);

internal sealed record OutboxRow(Guid InstallationKey, string Type);

internal sealed record WebhookRow(string Type, DateTimeOffset? NextAttemptAt);

/// <summary>What the database holds, read past the service.</summary>
internal sealed record DatabaseState
{
    public required DateTimeOffset ReadAt { get; init; }

    public IReadOnlyList<InstallationRow> Installations { get; init; } = [];

    public IReadOnlyList<ResourceRow> Resources { get; init; } = [];

    public IReadOnlyList<DemoRow> DemoResources { get; init; } = [];

    public IReadOnlyList<UninstallationRow> Uninstallations { get; init; } = [];

    /// <summary>Their scopes in hexadecimal, their bodies as text.</summary>
    public IReadOnlyList<RecordRow> Records { get; init; } = [];

    public IReadOnlyList<AuditRow> Audit { get; init; } = [];

    public IReadOnlyList<OutboxRow> Outbox { get; init; } = [];

    public IReadOnlyList<WebhookRow> Webhooks { get; init; } = [];

    /// <summary>Installations that links of webhooks name.</summary>
    public IReadOnlyList<Guid> WebhookLinks { get; init; } = [];

    /// <summary>Every row of each neighbour, as <see cref="PastTheService.DumpAsync(string)"/> writes them.</summary>
    public IReadOnlyDictionary<string, string> Neighbours { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether nothing is left to be done.</summary>
    public bool IsSettled => Outbox.Count == 0
        && Uninstallations.All(uninstallation => uninstallation.NextRunAt is null)
        && Resources.All(resource => resource.Status != "Removing")
        && Webhooks.All(webhook => webhook.NextAttemptAt is null);
}
