using System.Text.Json;

namespace Partner.Application.Pipeline;

/// <summary>How answers are written: once for the wire and for the idempotency record, so that a replay is the same bytes.</summary>
public static class PartnerJson
{
    /// <summary>How deep objects and lists may lie in each other, in whatever we read: the body itself is the first level.</summary>
    public const int MaxDepth = 64;

    /// <summary>Camel case, strict about duplicate members, tolerant of unknown ones.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { MaxDepth = MaxDepth, AllowDuplicateProperties = false, PropertyNameCaseInsensitive = false, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>The answer that a success is sent as: 200 with its JSON, or 204 without a body.</summary>
    public static StoredAnswer Answer(object? value) =>
        value is null or NoContent ? new StoredAnswer(204, []) : new StoredAnswer(200, JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), Options));
}
