using System.Text.Json.Serialization;

namespace Partner.Application.Installations;

/// <summary>Something Vercel shows beside an installation.</summary>
/// <param name="Level"><c>info</c>, <c>warn</c> or <c>error</c>.</param>
/// <param name="Title">At most 100 characters.</param>
public sealed record Notification(string Level, string Title)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    public static Notification Uninstalling { get; } = new("warn", "This integration is being uninstalled")
    {
        Message = "Its resources no longer work. Everything is erased once the last invoices are settled.",
    };
}

/// <param name="Notification">Null clears what was shown.</param>
public sealed record InstallationResponse(Notification? Notification);
