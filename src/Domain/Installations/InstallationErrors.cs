using System.Globalization;
using Partner.Domain.SharedKernel;

namespace Partner.Domain.Installations;

public static class InstallationErrors
{
    public static Error Uninstalling { get; } = Error.Conflict("uninstalling", "The installation is being uninstalled; nothing about it can be changed any more.") with
    {
        UserMessage = "This integration is being uninstalled. Install it again once that is done.",
    };

    public static Error Unknown { get; } = Error.NotFound("There is no such installation.");

    public static Error TransferInProgress { get; } = Error.Conflict("transfer_in_progress", "A resource of the installation is being transferred.") with
    {
        UserMessage = "A resource is being transferred to another team right now. Try again when the transfer is complete.",
    };

    public static Error ResourcesExist(int count, string? helpUri) => Error.Conflict("resources_exist", "The installation has resources, and cascadeResourceDeletion is false.") with
    {
        UserMessage = string.Create(CultureInfo.InvariantCulture, $"This integration still has {count} {(count == 1 ? "resource" : "resources")}. Delete {(count == 1 ? "it" : "them")} first, or uninstall together with {(count == 1 ? "it" : "them")}."),
        UserUrl = helpUri,
    };

    public static Error OpenInvoices(int count, string? helpUri) => Error.Conflict("open_invoices", "The installation has invoices that are not settled.") with
    {
        UserMessage = string.Create(CultureInfo.InvariantCulture, $"There {(count == 1 ? "is 1 open invoice" : $"are {count} open invoices")}. Pay {(count == 1 ? "it" : "them")} before you uninstall this integration."),
        UserUrl = helpUri,
    };
}
