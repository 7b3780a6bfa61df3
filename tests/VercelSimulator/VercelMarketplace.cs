using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>Where an installation stands at Vercel.</summary>
public enum MarketplacePhase
{
    /// <summary>Seen first by a call of the partner's: nobody told whether it is being deleted.</summary>
    Adopted,

    Installed,

    /// <summary>The DELETE went out; invoices may be sent, and the last of them may say so.</summary>
    PendingDeletion,

    /// <summary>Gone: its access token is dead.</summary>
    Deleted,
}

/// <summary>One invoice as Vercel holds it. States: pending, scheduled, invoiced, paid, notpaid, overdue, refunded.</summary>
public sealed record MarketplaceInvoice(string Id, string? ExternalId, decimal Total, bool Final, JsonObject Body)
{
    public string State { get; internal set; } = "pending";

    internal bool IsOpen => State is "pending" or "scheduled" or "invoiced" or "notpaid" or "overdue";
}

/// <summary>One installation as Vercel holds it.</summary>
public sealed class MarketplaceInstallation
{
    internal MarketplaceInstallation(string id, MarketplacePhase phase)
    {
        Id = id;
        Phase = phase;
    }

    public string Id { get; }

    public MarketplacePhase Phase { get; internal set; }

    /// <summary>When the DELETE was accepted, or null.</summary>
    public DateTimeOffset? PendingSince { get; internal set; }

    /// <summary>The partner said that no further invoice will come.</summary>
    public bool Finalized { get; internal set; }

    /// <summary>A disabled configuration: the API answers 403 <c>integration_configuration_disabled</c>.</summary>
    public bool Disabled { get; internal set; }

    /// <summary>Access tokens that work, the newest last.</summary>
    public IList<string> AccessTokens { get; } = [];

    public IList<MarketplaceInvoice> Invoices { get; } = [];

    public IList<JsonObject> Events { get; } = [];

    public IList<JsonObject> BillingData { get; } = [];

    /// <summary>The newest secrets per resource.</summary>
    public IDictionary<string, JsonNode?> Secrets { get; } = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);

    /// <summary>What the partner last patched: status, externalId, billingPlan, notification.</summary>
    public JsonObject Patched { get; } = [];
}

/// <summary>
/// Vercel's own record of installations: who is pending deletion, which invoices came, when it is over.
/// An installation that nobody installed here is adopted at its first call, so that a service can be tried alone.
/// </summary>
public sealed class VercelMarketplace(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, MarketplaceInstallation> _installations = new(StringComparer.Ordinal);

    internal Lock Gate { get; } = new();

    /// <summary>How long Vercel waits after a DELETE before it goes on by itself.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromHours(24);

    /// <summary>False: an installation that was not installed here is answered 404.</summary>
    public bool AdoptsUnknown { get; set; } = true;

    /// <summary>What calls about a deleted installation get: 403, or 401, 404, 410.</summary>
    public int GoneStatus { get; set; } = 403;

    /// <summary>False: an externalId that was seen before is answered with the invoice it made, instead of 409.</summary>
    public bool RefusesKnownExternalIds { get; set; } = true;

    /// <summary>Checked by the credential endpoints.</summary>
    public string ClientSecret { get; set; } = VercelDefaults.ClientSecret;

    /// <summary>Null if Vercel does not know it.</summary>
    public MarketplaceInstallation? Find(string installationId)
    {
        lock (Gate)
            return _installations.TryGetValue(installationId, out var found) ? Aged(found) : null;
    }

    /// <summary>The customer installs: the token works from now on. After a deletion another life begins.</summary>
    public void Install(string installationId, string accessToken)
    {
        lock (Gate)
        {
            var known = _installations.GetValueOrDefault(installationId);
            if (known is null or { Phase: MarketplacePhase.Deleted })
                _installations[installationId] = known = new MarketplaceInstallation(installationId, MarketplacePhase.Installed);
            if (!known.AccessTokens.Contains(accessToken))
                known.AccessTokens.Add(accessToken);
        }
    }

    /// <summary>The customer uninstalls: the DELETE is on its way, and the partner may settle before it has answered.</summary>
    public void RequestDeletion(string installationId) =>
        Change(installationId, installation =>
        {
            if (installation.Phase is MarketplacePhase.Deleted or MarketplacePhase.PendingDeletion)
                return;
            installation.Phase = MarketplacePhase.PendingDeletion;
        });

    /// <summary>The partner answered the DELETE: paused, pending, or over.</summary>
    public void AnswerDeletion(string installationId, bool accepted, bool finalized) =>
        Change(installationId, installation =>
        {
            if (installation.Phase == MarketplacePhase.Deleted)
                return;
            if (accepted)
            {
                installation.Phase = MarketplacePhase.PendingDeletion;
                installation.PendingSince ??= clock.GetUtcNow();
                installation.Finalized |= finalized;
                DeleteIfSettled(installation);
            }
            else if (installation is { PendingSince: null, Finalized: false })
            {
                installation.Phase = MarketplacePhase.Installed;
            }
        });

    /// <summary>Gone at once, as after the removal of a Vercel account.</summary>
    public void Delete(string installationId) =>
        Change(installationId, installation => installation.Phase = MarketplacePhase.Deleted);

    /// <summary>Vercel disables the configuration, or takes that back.</summary>
    public void Disable(string installationId, bool disabled = true) =>
        Change(installationId, installation => installation.Disabled = disabled);

    /// <summary>The customer paid, or did not: <c>paid</c>, <c>invoiced</c>, <c>notpaid</c>, <c>overdue</c> …</summary>
    public void SetInvoiceState(string installationId, string invoiceId, string state) =>
        Change(installationId, installation =>
        {
            installation.Invoices.Single(invoice => invoice.Id == invoiceId).State = state;
            DeleteIfSettled(installation);
        });

    internal bool TryFindOrAdopt(string installationId, string bearer, [NotNullWhen(true)] out MarketplaceInstallation? found)
    {
        if (!_installations.TryGetValue(installationId, out found) && AdoptsUnknown)
        {
            found = _installations[installationId] = new MarketplaceInstallation(installationId, MarketplacePhase.Adopted);
            found.AccessTokens.Add(bearer);
        }
        if (found is not null)
            Aged(found);
        return found is not null;
    }

    internal static void DeleteIfSettled(MarketplaceInstallation installation)
    {
        if (installation.Finalized && !installation.Invoices.Any(invoice => invoice.IsOpen))
            installation.Phase = MarketplacePhase.Deleted;
    }

    // Open invoices hold the deletion back; else Vercel goes on by itself when its window is over.
    private MarketplaceInstallation Aged(MarketplaceInstallation installation)
    {
        if (installation is { Phase: MarketplacePhase.PendingDeletion, PendingSince: { } since }
            && clock.GetUtcNow() >= since + Window
            && !installation.Invoices.Any(invoice => invoice.IsOpen))
        {
            installation.Phase = MarketplacePhase.Deleted;
        }
        return installation;
    }

    private void Change(string installationId, Action<MarketplaceInstallation> change)
    {
        lock (Gate)
        {
            if (_installations.TryGetValue(installationId, out var installation))
                change(Aged(installation));
        }
    }
}
