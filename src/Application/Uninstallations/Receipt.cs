using System.Text.Json.Serialization;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Uninstallations;

/// <summary>
/// What stays of an installation after its purge: nothing personal. The journal's lines hold it as it is, so a member that comes later
/// has a default, and old lines can still be read.
/// </summary>
/// <param name="Style">Who asked for the uninstall: <c>user</c> or <c>system</c>.</param>
/// <param name="PurgedAgainAt">When it was purged for the last time, if a restored backup had brought it back; else absent.</param>
public sealed record Receipt(
    string InstallationId,
    DateTimeOffset RequestedAt,
    string Style,
    DateTimeOffset? FinalizedAt,
    DateTimeOffset PurgedAt,
    int ResourcesErased,
    int ResourcesDetached,
    int RecordsErased,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? PurgedAgainAt = null)
{
    public static Receipt Of(PurgedLife purged) => new(
        purged.InstallationId.Value,
        purged.RequestedAt,
        purged.Style == CallerStyle.User ? "user" : "system",
        purged.FinalizedAt,
        purged.PurgedAt,
        purged.ResourcesErased,
        purged.ResourcesDetached,
        purged.RecordsErased,
        purged.PurgedAgainAt);
}
