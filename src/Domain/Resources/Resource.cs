using Partner.Domain.Resources.Events;
using Partner.Domain.SharedKernel;

namespace Partner.Domain.Resources;

/// <summary>What a resource is to become, as the provisioning call says.</summary>
/// <param name="Paid">Its plan asks for a payment method, so there will be something to invoice.</param>
/// <param name="Details">Name and metadata, encrypted.</param>
/// <param name="RequestScope">The idempotency scope of the call, so that its retry finds the same resource; null without a key.</param>
/// <param name="RequestHash">What the call asked for, so that a retry that asks for something else is told (rule K4).</param>
public sealed record ResourceIntent(string Id, string ProductId, string BillingPlanId, bool Paid, byte[] Details, byte[]? RequestScope, byte[]? RequestHash);

/// <summary>Something of the product that a customer has. The row stays until the product has confirmed that it is gone.</summary>
public sealed class Resource : AggregateRoot
{
    /// <summary>How long a provisioning waits for the product; for as long a customer waits for the answer.</summary>
    public static readonly TimeSpan ProvisionTime = TimeSpan.FromSeconds(10);

    /// <summary>How long any other call waits for the product; and for how long a provisioning counts as under way, its time and some air.</summary>
    public static readonly TimeSpan CallTime = TimeSpan.FromSeconds(15);

    /// <summary>After how long an unfinished provisioning that nobody repeats is cleared away.</summary>
    public static readonly TimeSpan AbandonedAfter = TimeSpan.FromMinutes(15);

    private Resource()
    {
    }

    public string Id { get; private set; } = "";

    public Guid InstallationKey { get; private set; }

    public string ProductId { get; private set; } = "";

    public string BillingPlanId { get; private set; } = "";

    public bool Paid { get; private set; }

    public byte[] Details { get; private set; } = [];

    public ResourceStatus Status { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>
    /// Until when a call to the product may still arrive there; nothing is destroyed before. Each call's is later than the one's
    /// before, so it also tells whose turn it is.
    /// </summary>
    public DateTimeOffset? BusyUntil { get; private set; }

    /// <summary>When the sweep looks at it next: to remove it, or because its provisioning was abandoned. Null: never.</summary>
    public DateTimeOffset? NextRunAt { get; private set; }

    /// <summary>Failed attempts to remove it at the product.</summary>
    public int Attempts { get; private set; }

    /// <summary>What failed last, in words of ours.</summary>
    public string? LastError { get; private set; }

    public byte[]? RequestScope { get; private set; }

    public byte[]? RequestHash { get; private set; }

    internal static Resource Begin(Guid installationKey, ResourceIntent intent, DateTimeOffset now) => new()
    {
        Id = intent.Id,
        InstallationKey = installationKey,
        ProductId = intent.ProductId,
        BillingPlanId = intent.BillingPlanId,
        Paid = intent.Paid,
        Details = intent.Details,
        Status = ResourceStatus.Provisioning,
        CreatedAt = now,
        BusyUntil = now + CallTime,
        NextRunAt = now + AbandonedAfter,
        RequestScope = intent.RequestScope,
        RequestHash = intent.RequestHash,
    };

    public bool IsBusy(DateTimeOffset now) => IsBusy(BusyUntil, now);

    /// <summary>Further ahead than a call's time it was noted by a clock that has been set back since.</summary>
    public static bool IsBusy(DateTimeOffset? busyUntil, DateTimeOffset now) => busyUntil > now && busyUntil <= now + CallTime + NodeClocks.Apart;

    /// <summary>A retry takes over a provisioning whose first call was cut short.</summary>
    /// <returns>The new call's <see cref="BusyUntil"/>.</returns>
    public DateTimeOffset Resume(DateTimeOffset now)
    {
        (BusyUntil, NextRunAt) = (now + CallTime, now + AbandonedAfter);
        return BusyUntil.Value;
    }

    /// <summary>Whether the call that was begun with <paramref name="busyUntil"/> is still the one that decides.</summary>
    public bool IsInCall(DateTimeOffset busyUntil) => BusyUntil == busyUntil;

    /// <summary>The product has it.</summary>
    public void Provisioned(ResourceStatus status)
    {
        Status = status;
        (BusyUntil, NextRunAt, RequestScope, RequestHash) = (null, null, null, null);
    }

    /// <summary>The call to the product is over without success; nothing waits for it any more.</summary>
    public void EndCall() => (BusyUntil, RequestScope, RequestHash) = (null, null, null);

    /// <summary>It is to be destroyed at the product; not before a call that is under way has ended.</summary>
    public void Remove(DateTimeOffset now)
    {
        Status = ResourceStatus.Removing;
        (RequestScope, RequestHash) = (null, null);
        NextRunAt = IsBusy(now) ? BusyUntil : now;
        Raise(new ResourceRemoved(InstallationKey, Id, NextRunAt!.Value));
    }

    /// <summary>One worker takes the removal on; if it dies, another does after <paramref name="until"/>.</summary>
    public void Claim(DateTimeOffset until) => NextRunAt = until;

    public void RemovalFailed(string error, DateTimeOffset now)
    {
        Attempts++;
        LastError = error;
        NextRunAt = now + Backoff.After(Attempts);
    }
}
