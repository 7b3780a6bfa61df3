using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;
using Partner.Domain.Webhooks;

namespace Partner.Application.Webhooks;

/// <summary>What came of an event by which rule, as the audit has it.</summary>
internal sealed record AppliedRule(InstallationId InstallationId, string Rule, string Outcome);

/// <summary>What follows from an event of Vercel's for the installation that it has happened to (rules W1 to W3, W6).</summary>
internal sealed class WebhookRules(IInstallationRepository installations, IUninstallationRepository uninstallations, UninstallPolicy policy, IAuditLog audit)
{
    internal const string Uninstalling = "uninstalling";

    /// <summary>Within the present unit of work.</summary>
    /// <returns>What came of it; null if the installation is gone (W3).</returns>
    public async Task<AppliedRule?> ApplyAsync(WebhookEvent webhook, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // By the life's own key: if it was purged meanwhile, the next one under the same id has nothing to do with the event (W3).
        if (webhook.SubjectKey is not { } key || await installations.FindForUninstallAsync(key, cancellationToken) is not var (installation, facts))
            return null;
        var rule = webhook.Type switch
        {
            WebhookTypes.Removed when installation.Status == InstallationStatus.Active => "W1",
            WebhookTypes.Removed => "W2",
            _ => "W6",
        };
        var outcome = webhook.HappenedAt switch
        {
            null => "ignored: of unknown age", // It may be of an earlier life, and an uninstall cannot be undone.
            { } happenedAt when installation.BeganAfter(happenedAt) => "ignored: of an earlier life",
            { } when rule == "W1" => Uninstall(installation, facts, now),
            { } when rule == "W2" => await FinalizeAsync(installation, now, cancellationToken),
            { } happenedAt => Transfer(installation, webhook.AccountHash!, happenedAt),
        };
        audit.Write(installation.Id, rule, outcome, CallerStyle.System);
        return new AppliedRule(installation.Id, rule, outcome);
    }

    /// <summary>W1: Vercel's side is gone, so nothing can be refused, and no invoice can follow.</summary>
    private string Uninstall(Installation installation, UninstallFacts facts, DateTimeOffset now)
    {
        var decided = installation.Uninstall(new UninstallRequest(CallerStyle.System, Cascade: null, Reason: null, GoneAtVercel: true), facts, policy, now);
        uninstallations.Add(decided.Value.Uninstallation);
        return Uninstalling;
    }

    /// <summary>W2: the purge may run now.</summary>
    private async Task<string> FinalizeAsync(Installation installation, DateTimeOffset now, CancellationToken cancellationToken) =>
        await uninstallations.FindAsync(installation.Key, cancellationToken) is { PurgedAt: null } uninstallation && installation.Finalize(uninstallation, now)
            ? "finalized"
            : "finalized already";

    private static string Transfer(Installation installation, byte[] accountHash, DateTimeOffset transferredAt) =>
        installation.TransferTo(accountHash, transferredAt) ? "transferred" : "ignored: a newer transfer is applied";
}
