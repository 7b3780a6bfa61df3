using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Domain.Tests.Installations;

/// <summary>What the tests begin with.</summary>
internal static class A
{
    public static readonly DateTimeOffset Now = new(2026, 10, 24, 12, 0, 0, TimeSpan.Zero);

    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    public static UninstallPolicy Policy { get; } = new(Window, WithoutCascade.Conflict, OpenInvoices.Settle, HelpUri: null, SuspendAtProduct: false);

    public static UninstallFacts NoFacts { get; } = new(Resources: 0, PaidResources: 0, OpenInvoices: 0, TransferBeingAccepted: false);

    public static Installation Installation(string id = "icfg_1") =>
        Domain.Installations.Installation.Install(Guid.NewGuid(), InstallationId.From(id), [1], [2], [3], Now.AddDays(-30));

    public static UninstallRequest Request(bool? cascade = null, byte[]? reason = null, bool goneAtVercel = false) => new(CallerStyle.User, cascade, reason, goneAtVercel);

    public static ResourceIntent Intent(string id = "res_1", bool paid = true) => new(id, "demo", paid ? "pro" : "free", paid, [4], [5], [6]);

    public static Resource Resource(Installation installation, string id = "res_1", bool paid = true)
    {
        var resource = installation.Provision(Intent(id, paid), Now).Value;
        resource.Provisioned(ResourceStatus.Ready);
        return resource;
    }

    public static Uninstallation Uninstallation(UninstallFacts? facts = null, bool? cascade = null, UninstallPolicy? policy = null) =>
        Uninstallation(Installation(), facts, cascade, policy);

    public static Uninstallation Uninstallation(Installation installation, UninstallFacts? facts = null, bool? cascade = null, UninstallPolicy? policy = null) =>
        installation.Uninstall(Request(cascade, reason: [7]), facts ?? NoFacts, policy ?? Policy, Now).Value.Uninstallation;

    /// <summary>One that waits for its window, because something is to be invoiced.</summary>
    public static Uninstallation Waiting(bool? cascade = null, UninstallPolicy? policy = null) => Uninstallation(NoFacts with { Resources = 1, PaidResources = 1 }, cascade, policy);
}
