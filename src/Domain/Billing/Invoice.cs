namespace Partner.Domain.Billing;

/// <summary>The states of an invoice as Vercel's Marketplace API names them.</summary>
public enum InvoiceState
{
    Draft,
    Pending,
    Scheduled,
    Invoiced,
    Paid,
    NotPaid,
    Overdue,
    RefundRequested,
    Refunded,
}

/// <summary>What we know of an invoice at Vercel.</summary>
public sealed class Invoice
{
    /// <summary>States in which an invoice holds an uninstall open (rule D7, "nothing to invoice").</summary>
    public static readonly IReadOnlyList<InvoiceState> OpenStates = [InvoiceState.Pending, InvoiceState.Scheduled, InvoiceState.Invoiced, InvoiceState.NotPaid, InvoiceState.Overdue];

    private Invoice()
    {
    }

    public Invoice(string id, Guid installationKey, InvoiceState state) => (Id, InstallationKey, State) = (id, installationKey, state);

    /// <summary>Vercel's id of the invoice.</summary>
    public string Id { get; private set; } = "";

    public Guid InstallationKey { get; private set; }

    public InvoiceState State { get; private set; }
}
