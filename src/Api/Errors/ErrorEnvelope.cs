using System.Text.Json.Serialization;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Errors;

/// <summary>The body of every error (rule R4).</summary>
public sealed record ErrorEnvelope(ErrorEnvelope.Body Error)
{
    public sealed record Body(string Code, string Message)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public User? User { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<FieldError>? Fields { get; init; }
    }

    /// <summary>What Vercel shows to its user.</summary>
    public sealed record User(string Message)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Url { get; init; }
    }

    internal static ErrorEnvelope From(Error error) => new(new Body(error.Code, error.Message)
    {
        User = error.UserMessage is { } message ? new User(message) { Url = error.UserUrl } : null,
        Fields = error.Fields.Count > 0 ? error.Fields : null,
    });
}
