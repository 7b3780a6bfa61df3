using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>The calls a partner makes to Vercel's API, answered from the marketplace's state.</summary>
internal sealed class MarketplaceApi(VercelMarketplace marketplace)
{
    public Reply Answer(PlatformCall call)
    {
        if (call.InstallationId is not { } id)
            return Reply.NotFound();
        if (call.Bearer is not { } bearer)
            return Reply.Failure(401, "unauthorized", "The access token is missing.");
        var body = call.Json as JsonObject;
        if (body is null && call.Body.Length > 0)
            return Reply.Invalid("The body is not a JSON object.");
        lock (marketplace.Gate)
        {
            if (!marketplace.TryFindOrAdopt(id, bearer, out var installation))
                return Reply.NotFound();
            try
            {
                return Refusal(installation, bearer, call) ?? Route(installation, call, body ?? []);
            }
            catch (InvalidOperationException exception)
            {
                // A member of another type than the documented one.
                return Reply.Invalid(exception.Message);
            }
        }
    }

    private Reply? Refusal(MarketplaceInstallation installation, string bearer, PlatformCall call)
    {
        var isFinalize = call is { Method: "POST" } && call.Path.EndsWith("/billing/finalize", StringComparison.Ordinal);
        if (installation.Phase == MarketplacePhase.Deleted && !(isFinalize && installation.Finalized))
            return Reply.Failure(marketplace.GoneStatus, "forbidden", "The installation is deleted.");
        if (!installation.AccessTokens.Contains(bearer))
            return Reply.Failure(403, "forbidden", "The access token is not one of this installation.");
        return installation.Disabled
            ? Reply.Failure(403, "integration_configuration_disabled", "The configuration is disabled.")
            : null;
    }

    private Reply Route(MarketplaceInstallation installation, PlatformCall call, JsonObject body) =>
        (call.Method, call.Path.Split('/')[4..]) switch
        {
            ("GET", []) => Reply.Ok(new JsonObject { ["id"] = installation.Id }),
            ("PATCH", []) => Patch(installation, body),
            ("GET", ["account"]) => Reply.Ok(Account(installation)),
            ("POST", ["events"]) => Event(installation, body),
            ("POST", ["billing"]) => BillingData(installation, body),
            ("POST", ["billing", "balance"]) => Reply.Created(),
            ("POST", ["billing", "invoices"]) => MarketplaceInvoicing.Submit(marketplace, installation, body),
            ("GET", ["billing", "invoices", var invoice]) => MarketplaceInvoicing.Show(installation, invoice),
            ("POST", ["billing", "invoices", var invoice, "actions"]) => MarketplaceInvoicing.Refund(installation, invoice, body),
            ("POST", ["billing", "finalize"]) => Finalize(installation),
            ("PUT", ["resources", var resource, "secrets"]) => Secrets(installation, resource, body),
            ("PUT" or "PATCH", ["resources", _]) => Reply.Ok(new JsonObject { ["name"] = body["name"]?.DeepClone() }),
            ("DELETE", ["resources", _]) => Reply.NoContent(),
            ("POST", ["credentials", "rotate"]) => Rotate(installation, body),
            ("POST", ["credentials", "revoke"]) => Revoke(installation, body),
            _ => Reply.NotFound(),
        };

    private static Reply Patch(MarketplaceInstallation installation, JsonObject body)
    {
        foreach (var (name, value) in body)
            installation.Patched[name] = value?.DeepClone();
        return Reply.NoContent();
    }

    private static JsonObject Account(MarketplaceInstallation installation) => new()
    {
        ["name"] = "Acme Incorporated",
        ["url"] = "https://vercel.com/" + installation.Id,
        ["contact"] = new JsonObject { ["email"] = "ada@acme.example", ["name"] = "Ada Lovelace" },
    };

    private static Reply Event(MarketplaceInstallation installation, JsonObject body)
    {
        if (body["event"] is not JsonObject @event || @event["type"] is null)
            return Reply.Invalid("event.type is missing.");
        installation.Events.Add(@event.DeepClone().AsObject());
        return Reply.Created();
    }

    private static Reply BillingData(MarketplaceInstallation installation, JsonObject body)
    {
        var missing = new[] { "timestamp", "eod", "period", "billing", "usage" }.FirstOrDefault(name => body[name] is null);
        if (missing is not null)
            return Reply.Invalid($"{missing} is missing.");
        installation.BillingData.Add(body);
        return Reply.Created();
    }

    private static Reply Finalize(MarketplaceInstallation installation)
    {
        if (installation.Phase == MarketplacePhase.Installed)
            return Reply.Invalid("The installation is not pending deletion.");
        installation.Finalized = true;
        VercelMarketplace.DeleteIfSettled(installation);
        return Reply.NoContent();
    }

    private static Reply Secrets(MarketplaceInstallation installation, string resource, JsonObject body)
    {
        if (body["secrets"] is not JsonArray secrets)
            return Reply.Invalid("secrets is missing.");
        installation.Secrets[resource] = secrets.DeepClone();
        return Reply.Created();
    }

    private Reply Rotate(MarketplaceInstallation installation, JsonObject body)
    {
        if (!IsOurs(body))
            return Reply.Failure(401, "unauthorized", "The client secret is wrong.");
        var token = "vercel_access_" + Guid.NewGuid().ToString("N");
        installation.AccessTokens.Add(token);
        return Reply.Ok(new JsonObject
        {
            ["access_token"] = token,
            ["token_type"] = "Bearer",
            ["expires_in"] = 31536000,
            ["scope"] = "read-write:marketplace",
        });
    }

    private Reply Revoke(MarketplaceInstallation installation, JsonObject body)
    {
        if (!IsOurs(body))
            return Reply.Failure(401, "unauthorized", "The client secret is wrong.");
        var token = (string?)body["token"] ?? "";
        if (installation.AccessTokens is [var only] && only == token)
            return Reply.Failure(409, "conflict", "The last live credential cannot be revoked.");
        var revoked = installation.AccessTokens.Remove(token);
        return Reply.Ok(new JsonObject { ["revoked"] = true, ["already_revoked"] = !revoked });
    }

    private bool IsOurs(JsonObject body) =>
        body["client_secret"] is JsonValue secret && secret.TryGetValue<string>(out var text) && text == marketplace.ClientSecret;
}
