using System.Globalization;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>Invoices at Vercel: checked on arrival, one per externalId, the last one only in the window.</summary>
internal static class MarketplaceInvoicing
{
    private const decimal LeastTotal = 0.50m;

    public static Reply Submit(VercelMarketplace marketplace, MarketplaceInstallation installation, JsonObject body)
    {
        if (Flaw(body) is { } flaw)
            return Reply.Invalid(flaw);
        var isFinal = body["final"]?.GetValue<bool>() ?? false;
        if (isFinal && installation.Phase == MarketplacePhase.Installed)
            return Reply.Invalid("final is for installations that are pending deletion.");

        var externalId = (string?)body["externalId"];
        var known = externalId is null ? null : installation.Invoices.FirstOrDefault(invoice => invoice.ExternalId == externalId);
        if (known is not null)
        {
            return marketplace.RefusesKnownExternalIds
                ? Reply.Failure(409, "conflict", $"An invoice with externalId {externalId} exists.")
                : Accepted(known);
        }

        var invoice = new MarketplaceInvoice("mi_" + Guid.NewGuid().ToString("N")[..24], externalId, Total(body), isFinal, body);
        if ((string?)body["test"]?["result"] is { } result)
            invoice.State = result;
        installation.Invoices.Add(invoice);
        return Accepted(invoice);
    }

    public static Reply Show(MarketplaceInstallation installation, string invoiceId)
    {
        var invoice = installation.Invoices.FirstOrDefault(candidate => candidate.Id == invoiceId);
        if (invoice is null)
            return Reply.NotFound();
        var shown = invoice.Body.DeepClone().AsObject();
        shown["invoiceId"] = invoice.Id;
        shown["state"] = invoice.State;
        shown["total"] = invoice.Total.ToString("0.00", CultureInfo.InvariantCulture);
        return Reply.Ok(shown);
    }

    public static Reply Refund(MarketplaceInstallation installation, string invoiceId, JsonObject body)
    {
        var invoice = installation.Invoices.FirstOrDefault(candidate => candidate.Id == invoiceId);
        if (invoice is null)
            return Reply.NotFound();
        if ((string?)body["action"] != "refund" || body["reason"] is null || body["total"] is null)
            return Reply.Invalid("action (refund), reason and total are required.");
        if (invoice.State == "refund_requested")
            return Reply.Failure(409, "conflict", "A refund is on its way already.");
        invoice.State = "refund_requested";
        return Reply.NoContent();
    }

    private static Reply Accepted(MarketplaceInvoice invoice) => Reply.Ok(new JsonObject { ["invoiceId"] = invoice.Id });

    private static string? Flaw(JsonObject body)
    {
        if (Time(body["period"]?["start"]) is not { } start || Time(body["period"]?["end"]) is not { } end || end < start)
            return "period.start and period.end must be ISO times, in that order.";
        if (Time(body["invoiceDate"]) is not { } date || date < start || date > end)
            return "invoiceDate must be an ISO time inside the period.";
        if (body["items"] is not JsonArray { Count: > 0 } items)
            return "items must not be empty.";
        foreach (var item in items)
        {
            if (ItemFlaw(item) is { } flaw)
                return flaw;
        }
        return Total(body) < LeastTotal ? "The total is below USD 0.50." : null;
    }

    private static string? ItemFlaw(JsonNode? item)
    {
        var missing = new[] { "billingPlanId", "name", "units" }.FirstOrDefault(name => Text(item?[name]) is null);
        if (missing is not null)
            return $"items[].{missing} must be a text.";
        if (Money(item!["price"]) is null || Money(item["total"]) is not { } total || decimal.Round(total, 2) != total)
            return "items[].price and items[].total must be decimal texts, the total with two decimals.";
        return item["quantity"] is JsonValue quantity && quantity.TryGetValue<decimal>(out _)
            ? null
            : "items[].quantity must be a number.";
    }

    private static decimal Total(JsonObject body) =>
        Sum(body["items"], "total") - Sum(body["discounts"], "amount");

    private static decimal Sum(JsonNode? list, string name) =>
        (list as JsonArray)?.Sum(entry => Money(entry?[name]) ?? 0) ?? 0;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static decimal? Money(JsonNode? node) =>
        decimal.TryParse(Text(node), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var amount)
            ? amount
            : null;

    private static DateTimeOffset? Time(JsonNode? node) =>
        DateTimeOffset.TryParse(Text(node), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
