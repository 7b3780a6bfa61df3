using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Partner.Application.Pipeline;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Http;

/// <summary>Says of a body that could not be read which field was wrong, why, and what would be right. Asked only then.</summary>
internal static class JsonFault
{
    public const string HalfCharacter = "An escape in the body stands for half a character.";

    /// <param name="json">The body: UTF-8.</param>
    /// <param name="type">What it was to be read as.</param>
    /// <param name="exception">What came of that; names the field.</param>
    public static FieldError Explain(ReadOnlyMemory<byte> json, Type type, JsonException exception)
    {
        var key = exception.Path is { Length: > 2 } path ? path[2..] : "";
        if (IsTooDeep(json.Span))
            return new FieldError("", $"The body is nested deeper than {PartnerJson.MaxDepth} levels.");
        try
        {
            if (key.Length == 0 && HasHalfCharacters(json.Span))
                return new FieldError("", HalfCharacter); // In a member's name.
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = PartnerJson.MaxDepth });
            return new FieldError(key, Explain(document.RootElement, PartnerJson.Options.GetTypeInfo(type), key));
        }
        catch (JsonException)
        {
            return new FieldError(key, "Is not valid JSON here.");
        }
    }

    /// <summary>Half of a surrogate pair, escaped, is valid JSON but no text: what is passed on as JSON could not be written again.</summary>
    public static bool HasHalfCharacters(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0)
            return false;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                    reader.GetString();
            }

            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>Goes to where <paramref name="key"/> leads; what is valid JSON there is of the wrong kind, or says something twice.</summary>
    private static string Explain(JsonElement element, JsonTypeInfo expected, string key)
    {
        foreach (var step in key.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = step.Split('[')[0];
            var members = element.ValueKind == JsonValueKind.Object ? [.. element.EnumerateObject().Where(member => IsNamed(member, name))] : Array.Empty<JsonProperty>();
            if (members.Length > 1)
                return "Is there more than once.";
            if (members.Length == 0 || TypeOf(expected, name) is not { } type)
                return "Is not of the expected type.";
            (element, expected) = (members[0].Value, type);
            foreach (var index in step.Split('[').Skip(1))
            {
                if (expected.ElementType is not { } item || element.ValueKind != JsonValueKind.Array || !int.TryParse(index.TrimEnd(']'), CultureInfo.InvariantCulture, out var at) || at >= element.GetArrayLength())
                    return "Is not of the expected type.";
                (element, expected) = (element[at], PartnerJson.Options.GetTypeInfo(item));
            }
        }

        return (expected.Kind, Nullable.GetUnderlyingType(expected.Type) ?? expected.Type) switch
        {
            (JsonTypeInfoKind.Enumerable, _) => "Must be a list.",
            (JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary, _) when element.ValueKind != JsonValueKind.Object => "Must be an object.",
            (_, var type) when type == typeof(bool) => "Must be true or false.",
            (_, var type) when type == typeof(string) => element.ValueKind == JsonValueKind.String ? "Has an escape that stands for half a character." : "Must be a string.",
            _ => "Holds something more than once.",
        };
    }

    private static bool IsNamed(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false; // Half a character: no name of ours.
        }
    }

    private static JsonTypeInfo? TypeOf(JsonTypeInfo parent, string name)
    {
        var type = parent.Kind == JsonTypeInfoKind.Dictionary ? parent.ElementType : parent.Properties.FirstOrDefault(property => property.Name == name)?.PropertyType;
        return type is null ? null : PartnerJson.Options.GetTypeInfo(type);
    }

    private static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonBody.MaxBytes });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= PartnerJson.MaxDepth)
                    return true;
            }
        }
        catch (JsonException)
        {
            // Something else is wrong with it.
        }

        return false;
    }
}
