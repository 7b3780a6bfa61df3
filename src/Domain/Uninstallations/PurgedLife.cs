using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;

namespace Partner.Domain.Uninstallations;

/// <summary>What a receipt tells of a life that was purged, with its keys: enough to put the receipt back, or to purge the life again.</summary>
/// <param name="Id">The uninstallation's.</param>
/// <param name="InstallationKey">The life's own key: another life under the same Vercel id has another.</param>
/// <param name="PurgedAt">The first purge.</param>
/// <param name="PurgedAgainAt">The last purge, if a restored backup brought the life back after the first; else null.</param>
public sealed record PurgedLife(
    Guid Id,
    Guid InstallationKey,
    InstallationId InstallationId,
    CallerStyle Style,
    DateTimeOffset RequestedAt,
    DateTimeOffset? FinalizedAt,
    DateTimeOffset PurgedAt,
    DateTimeOffset? PurgedAgainAt,
    int ResourcesErased,
    int ResourcesDetached,
    int RecordsErased);
