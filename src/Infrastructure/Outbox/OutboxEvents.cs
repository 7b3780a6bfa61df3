using System.Text.Json;
using Partner.Domain.Installations.Events;
using Partner.Domain.Resources.Events;
using Partner.Domain.SharedKernel;
using Partner.Domain.Webhooks.Events;

namespace Partner.Infrastructure.Outbox;

/// <summary>The events' names and forms in the outbox. Frozen: a deploy reads what the version before it wrote.</summary>
internal static class OutboxEvents
{
    private static readonly Dictionary<string, Type> Types = new(StringComparer.Ordinal)
    {
        ["installation-uninstalled"] = typeof(InstallationUninstalled),
        ["installation-finalized"] = typeof(InstallationFinalized),
        ["resource-removed"] = typeof(ResourceRemoved),
        ["webhook-recorded"] = typeof(WebhookRecorded),
    };

    private static readonly Dictionary<Type, string> Names = Types.ToDictionary(pair => pair.Value, pair => pair.Key);

    public static (string Type, string Payload) Write(IDomainEvent happened) =>
        (Names[happened.GetType()], JsonSerializer.Serialize(happened, happened.GetType(), JsonSerializerOptions.Web));

    public static IDomainEvent Read(OutboxMessage message) =>
        (IDomainEvent)JsonSerializer.Deserialize(message.Payload, Types[message.Type], JsonSerializerOptions.Web)!;
}
