namespace Partner.Api.Documentation;

/// <summary>Which codes stand for a status, in the envelope's <c>error.code</c>.</summary>
internal static class ErrorCodes
{
    private const string NoDatabase = "`unavailable`: the database did not answer, or the call took too long. Repeat it with the same `Idempotency-Key`: if it was carried out all the same, the repeat finds that.";

    private const string Unavailable = $"{NoDatabase} `keys_unavailable`: Vercel's key set cannot be had, and none is stored.";

    private const string TooManyFailures = "`too_many_requests`: the call fails authentication, and too many from its address did.";

    private const string OfTheKey = "`idempotency_key_reused`: the key was used for another request. `request_in_progress`: the first request with this key, or another that changes the same, is still running.";

    /// <returns>Markdown; null for a status that is no error.</returns>
    public static string? Of(string? operationId, string status) => (operationId, status) switch
    {
        ("receiveVercelWebhook", "400") => "`bad_request`: the body is signed but is not an event.",
        ("receiveVercelWebhook", "403") => "`forbidden`: the signature is missing or wrong. Nothing is stored.",
        ("receiveVercelWebhook" or "useDemoResource", "503") => NoDatabase,
        (_, "400") => "`bad_request`: the body, a field or the installation id is not what it must be; `fields` says which. `invalid_idempotency_key`: the header is none.",
        ("useDemoResource", "401") => "`unauthorized`: the key does not work, or does not work any more.",
        (_, "401") => "`unauthorized`: the token is missing, malformed, expired, for another integration, or not signed with a key that Vercel publishes.",
        (_, "403") => "`forbidden`: the token is good but not for this: another installation, another style, a user without the role `ADMIN`, or claims that are not what they must be.",
        (_, "404") => "`not_found`.",
        ("deleteInstallation", "409") => $"`resources_exist`: there are resources, and `cascadeResourceDeletion` is false. `open_invoices`: invoices are not settled (only with `Uninstall:OpenInvoices=Conflict`). `transfer_in_progress`: a resource is being transferred. {OfTheKey}",
        ("deleteResource", "409") => OfTheKey,
        ("provisionResource", "409") => $"`uninstalling`: nothing can be changed any more. {OfTheKey} `answer_unreadable`: the first answer can no longer be decrypted.",
        (_, "409") => $"`uninstalling`: nothing can be changed any more. {OfTheKey}",
        (_, "408") => "`request_timeout`: the body came too slowly; nothing was changed.",
        (_, "413") => "`payload_too_large`.",
        (_, "415") => "`unsupported_media_type`: a body that is not `application/json` in UTF-8.",
        ("receiveVercelWebhook" or "useDemoResource", "429") => TooManyFailures,
        (_, "429") => "`too_many_requests`: more than 200 calls a second for the installation; or the call fails authentication, and too many from its address did.",
        (_, "500") => "`internal_error`.",
        ("provisionResource", "503") => $"`product_unavailable`: the product did not answer; what it may have made is removed again. {Unavailable}",
        (_, "503") => Unavailable,
        _ => null,
    };
}
