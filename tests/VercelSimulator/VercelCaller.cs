using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>
/// Calls the Partner API as Vercel does. Takes any <see cref="HttpClient"/> with a base address (a path prefix included),
/// so also the one of an in-process test host.
/// </summary>
/// <param name="http">Sends; stays the caller's own.</param>
/// <param name="tokens">Issues a new token for each attempt.</param>
/// <param name="marketplace">Vercel's own view of the installations, kept in step with what is called; none is fine too.</param>
/// <param name="clock">Of the bodies and the pauses.</param>
public sealed class VercelCaller(HttpClient http, VercelTokens tokens, VercelMarketplace? marketplace = null, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Wire _wire = new(http, clock ?? TimeProvider.System);

    /// <summary>Signs the webhooks.</summary>
    public string ClientSecret { get; init; } = VercelDefaults.ClientSecret;

    public RetryPolicy Retry { get; init; } = RetryPolicy.None;

    public VercelTokens Tokens => tokens;

    /// <summary>PUT /v1/installations/{id}: the customer accepted the terms.</summary>
    public Task<Exchange> InstallAsync(
        string installationId,
        InstallRequest? request = null,
        string? idempotencyKey = null,
        VercelIdentity? by = null,
        CancellationToken cancellationToken = default)
    {
        var details = request ?? new InstallRequest();
        var accessToken = details.AccessToken ?? VercelDefaults.AccessTokenOf(installationId);
        marketplace?.Install(installationId, accessToken);
        return SendAsync(
            Call("PUT", installationId, "", by ?? VercelIdentity.Admin, idempotencyKey)
                .WithJson(details.ToJson(accessToken, _clock.GetUtcNow())),
            cancellationToken);
    }

    /// <summary>GET /v1/installations/{id}, by default as the system.</summary>
    public Task<Exchange> GetInstallationAsync(
        string installationId, VercelIdentity? by = null, CancellationToken cancellationToken = default) =>
        SendAsync(Call("GET", installationId, "", by ?? VercelIdentity.System), cancellationToken);

    /// <summary>POST /v1/installations/{id}/resources: the customer takes a product.</summary>
    public Task<Exchange> ProvisionAsync(
        string installationId,
        string name = "main",
        string billingPlanId = "pro",
        string productId = "demo",
        JsonObject? metadata = null,
        string? idempotencyKey = null,
        VercelIdentity? by = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(
            Call("POST", installationId, "/resources", by ?? VercelIdentity.Admin, idempotencyKey).WithJson(new JsonObject
            {
                ["productId"] = productId,
                ["name"] = name,
                ["metadata"] = metadata ?? [],
                ["billingPlanId"] = billingPlanId,
            }),
            cancellationToken);

    /// <summary>GET /v1/installations/{id}/resources/{resourceId}, by default as the system.</summary>
    public Task<Exchange> GetResourceAsync(
        string installationId, string resourceId, VercelIdentity? by = null, CancellationToken cancellationToken = default) =>
        SendAsync(Call("GET", installationId, "/resources/" + resourceId, by ?? VercelIdentity.System), cancellationToken);

    /// <summary>DELETE /v1/installations/{id}/resources/{resourceId}.</summary>
    public Task<Exchange> DeleteResourceAsync(
        string installationId,
        string resourceId,
        string? idempotencyKey = null,
        VercelIdentity? by = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(
            Call("DELETE", installationId, "/resources/" + resourceId, by ?? VercelIdentity.Admin, idempotencyKey),
            cancellationToken);

    /// <summary>DELETE /v1/installations/{id}. Without cascade and reason there is no body at all.</summary>
    public async Task<Exchange> UninstallAsync(
        string installationId,
        bool? cascade = null,
        string? reason = null,
        string? idempotencyKey = null,
        VercelIdentity? by = null,
        CancellationToken cancellationToken = default)
    {
        var call = Call("DELETE", installationId, "", by ?? VercelIdentity.Admin, idempotencyKey);
        if (UninstallBody(cascade, reason) is { } body)
            call = call.WithJson(body);
        marketplace?.RequestDeletion(installationId);
        var exchange = await SendAsync(call, cancellationToken);
        marketplace?.AnswerDeletion(installationId, exchange.IsSuccess, exchange.IsSuccess && exchange.Finalized is true);
        return exchange;
    }

    /// <summary>POST /webhooks/vercel with the signature over the raw body.</summary>
    /// <param name="webhook">See <see cref="VercelWebhooks"/>.</param>
    /// <param name="signature">Another one than the right one; an empty text sends none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<Exchange> SendWebhookAsync(
        JsonObject webhook, string? signature = null, CancellationToken cancellationToken = default)
    {
        var call = new PartnerCall("POST", "/webhooks/vercel").WithJson(webhook);
        var header = signature ?? VercelWebhooks.Sign(call.Body!, ClientSecret);
        return SendAsync(header.Length == 0 ? call : call.WithHeader("x-vercel-signature", header), cancellationToken);
    }

    /// <summary>A call of the Partner API with the right headers, ready to be sent or bent.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="installationId">In the path and, by default, in the token.</param>
    /// <param name="path">What follows the installation in the path, with its slash.</param>
    /// <param name="by">In whose name.</param>
    /// <param name="idempotencyKey">Null sends none.</param>
    public PartnerCall Call(
        string method, string installationId, string path = "", VercelIdentity? by = null, string? idempotencyKey = null)
    {
        var identity = by ?? VercelIdentity.Admin;
        return new PartnerCall(method, $"/v1/installations/{installationId}{path}")
        {
            Token = () => identity.Token(tokens, installationId),
            AuthStyle = identity.Style,
            IdempotencyKey = idempotencyKey,
        };
    }

    /// <summary>Sends any call, repeated as <see cref="Retry"/> says.</summary>
    public Task<Exchange> SendAsync(PartnerCall call, CancellationToken cancellationToken = default) =>
        _wire.SendAsync(call, Retry, cancellationToken);

    private static JsonObject? UninstallBody(bool? cascade, string? reason)
    {
        if (cascade is null && reason is null)
            return null;
        var body = new JsonObject();
        if (cascade is { } deleteResources)
            body["cascadeResourceDeletion"] = deleteResources;
        if (reason is not null)
            body["reason"] = reason;
        return body;
    }
}
