using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;
using Partner.Domain.Webhooks;

namespace Partner.Application.Webhooks;

/// <summary>What follows from an event of Vercel's for the installation that it has happened to (rules W1 to W3, W6).</summary>
internal sealed class WebhookRules(IInstallationRepository installations, IUninstallationRepository uninstallations, UninstallPolicy policy, IAuditLog audit, PartnerMetrics metrics)
{
    /// <summary>Within the present unit of work.</summary>
    public async Task ApplyAsync(WebhookEvent webhook, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // By the life's own key: if it was purged meanwhile, the next one under the same id has nothing to do with the event (W3).
        if (webhook is not { SubjectKey: { } key, HappenedAt: { } happenedAt } || await installations.FindForUninstallAsync(key, cancellationToken) is not var (installation, facts))
            return;
        if (installation.BeganAfter(happenedAt))
        {
            Note(installation, webhook.Type == WebhookTypes.Removed ? "W1" : "W6", "ignored: of an earlier life");
            return;
        }

        switch (webhook.Type)
        {
            case WebhookTypes.Removed when installation.Status == InstallationStatus.Active:
                Uninstall(installation, facts, now);
                break;
            case WebhookTypes.Removed:
                await FinalizeAsync(installation, now, cancellationToken);
                break;
            case WebhookTypes.Transferred when webhook.AccountHash is { } account:
                Note(installation, "W6", installation.TransferTo(account, happenedAt) ? "transferred" : "ignored: a newer transfer is applied");
                break;
            default:
                break;
        }
    }

    /// <summary>W1: Vercel's side is gone, so nothing can be refused, and no invoice can follow.</summary>
    private void Uninstall(Installation installation, UninstallFacts facts, DateTimeOffset now)
    {
        var decided = installation.Uninstall(new UninstallRequest(CallerStyle.System, Cascade: null, Reason: null, GoneAtVercel: true), facts, policy, now);
        uninstallations.Add(decided.Value.Uninstallation);
        metrics.Uninstalled("W1");
        Note(installation, "W1", "uninstalling");
    }

    /// <summary>W2: the purge may run now.</summary>
    private async Task FinalizeAsync(Installation installation, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await uninstallations.FindAsync(installation.Key, cancellationToken) is { PurgedAt: null } uninstallation && installation.Finalize(uninstallation, now))
            Note(installation, "W2", "finalized");
    }

    private void Note(Installation installation, string rule, string outcome) => audit.Write(installation.Id, rule, outcome, CallerStyle.System);
}
