using System.Text.Json;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Uninstallations;

/// <summary>A receipt as a line of the journal: JSON, with the keys that put it back where it was.</summary>
/// <param name="Version">Of this form. A newer one may have more members, which are passed over here.</param>
/// <param name="Id">The uninstallation's.</param>
/// <param name="InstallationKey">The life's own key.</param>
public sealed record ReceiptLine(int Version, Guid Id, Guid InstallationKey, Receipt Receipt)
{
    private const int Current = 1;

    private static readonly JsonSerializerOptions Strict = new(Pipeline.PartnerJson.Options) { RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };

    /// <returns>The line in UTF-8, without its end.</returns>
    public static byte[] Write(PurgedLife purged) => JsonSerializer.SerializeToUtf8Bytes(new ReceiptLine(Current, purged.Id, purged.InstallationKey, Receipt.Of(purged)), Strict);

    /// <returns>What the line tells, or what is wrong with it: never its text, for it may be anything.</returns>
    public static Result<PurgedLife> Read(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<ReceiptLine>(line, Strict) is { } read ? read.Check() : Unreadable("it is null");
        }
        catch (JsonException exception)
        {
            return Unreadable($"it is no JSON object of the journal's form{(exception.Path is { Length: > 1 } path ? $", at {path}" : "")}");
        }
    }

    private static Error Unreadable(string why) => Error.Invalid("receipt_unreadable", why);

    private Result<PurgedLife> Check()
    {
        if (Version < Current)
            return Unreadable("its version must be 1 or newer");
        if (Id == Guid.Empty || InstallationKey == Guid.Empty)
            return Unreadable("its id or installationKey is empty");
        var installationId = InstallationId.Parse(Receipt.InstallationId);
        if (!installationId.IsSuccess)
            return Unreadable("its installationId is none");
        if (Receipt.Style is not ("user" or "system"))
            return Unreadable("its style must be 'user' or 'system'");
        if (Receipt.ResourcesErased < 0 || Receipt.ResourcesDetached < 0 || Receipt.RecordsErased < 0)
            return Unreadable("it counts less than nothing");
        return new PurgedLife(
            Id,
            InstallationKey,
            installationId.Value,
            Receipt.Style == "user" ? CallerStyle.User : CallerStyle.System,
            Stored(Receipt.RequestedAt),
            Receipt.FinalizedAt is { } finalizedAt ? Stored(finalizedAt) : null,
            Stored(Receipt.PurgedAt),
            Receipt.PurgedAgainAt is { } again ? Stored(again) : null,
            Receipt.ResourcesErased,
            Receipt.ResourcesDetached,
            Receipt.RecordsErased);
    }

    /// <summary>As every database holds it exactly: UTC, in milliseconds.</summary>
    private static DateTimeOffset Stored(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}
