namespace Partner.Domain.Installations;

/// <summary>What a DELETE with <c>cascadeResourceDeletion: false</c> does while there are resources (rule D4).</summary>
public enum WithoutCascade
{
    /// <summary>409 <c>resources_exist</c>.</summary>
    Conflict,

    /// <summary>The resources are detached: our rows are purged, the product keeps them.</summary>
    Keep,
}

/// <summary>What a DELETE does while invoices are open (rule D7).</summary>
public enum OpenInvoices
{
    /// <summary>Goes on as D3: Vercel holds the uninstall until they are settled.</summary>
    Settle,

    /// <summary>409 <c>open_invoices</c>.</summary>
    Conflict,
}

/// <summary>How the vendor wants uninstalls decided.</summary>
/// <param name="GracePeriod">The window from the accepted DELETE to the purge, for final invoices.</param>
/// <param name="HelpUri">Where a customer who is refused finds help; null for none.</param>
/// <param name="SuspendAtProduct">The product checks its secrets itself, so it is told to suspend at once (step E1).</param>
public sealed record UninstallPolicy(TimeSpan GracePeriod, WithoutCascade WithoutCascade, OpenInvoices OpenInvoices, string? HelpUri, bool SuspendAtProduct);

/// <summary>What is true of the installation besides its own row.</summary>
/// <param name="Resources">Its resources, those on their way out not counted.</param>
/// <param name="PaidResources">Of these, those on a plan that asks for a payment method.</param>
/// <param name="OpenInvoices">Invoices that are not settled yet.</param>
/// <param name="TransferBeingAccepted">A resource transfer is being accepted at this moment.</param>
public sealed record UninstallFacts(int Resources, int PaidResources, int OpenInvoices, bool TransferBeingAccepted);

/// <summary>What the caller asked for.</summary>
/// <param name="Cascade"><c>cascadeResourceDeletion</c>; null if it was not said.</param>
/// <param name="Reason">The reason, encrypted; null if none was given.</param>
/// <param name="GoneAtVercel">Vercel has already removed the installation (rule W1): nothing can be refused or invoiced any more.</param>
public sealed record UninstallRequest(SharedKernel.CallerStyle Style, bool? Cascade, byte[]? Reason, bool GoneAtVercel = false);

/// <summary>What the aggregate decided, and by which rule of the contract.</summary>
public sealed record UninstallDecision(string Rule, Uninstallations.Uninstallation Uninstallation);
