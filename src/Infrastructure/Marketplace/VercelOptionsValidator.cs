using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Marketplace;

/// <summary>One sentence per fault: the key, what is wrong with it, a good value. Secrets are never quoted.</summary>
internal sealed class VercelOptionsValidator : IValidateOptions<VercelOptions>
{
    public ValidateOptionsResult Validate(string? name, VercelOptions options)
    {
        string?[] faults =
        [
            IntegrationIdFault(options.IntegrationId),
            ClientSecretFault(options.ClientSecret),
            UriFault("Issuer", options.Issuer, "https://marketplace.vercel.com"),
            UriFault("JwksUri", options.JwksUri, "https://marketplace.vercel.com/.well-known/jwks"),
            UriFault("ApiBaseUri", options.ApiBaseUri, "https://api.vercel.com"),
        ];
        string[] found = [.. faults.OfType<string>()];
        return found.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(found);
    }

    private static string? IntegrationIdFault(string id)
    {
        const string good = "it must be the integration's id as the Integration Console shows it, for example oac_9f4YG9JFjgKkRlxoaaGG0y05.";
        if (string.IsNullOrWhiteSpace(id))
            return $"Vercel:IntegrationId is not set: {good}";
        if (!id.StartsWith("oac_", StringComparison.Ordinal))
            return $"Vercel:IntegrationId is '{id}', which does not begin with oac_: {good}";
        return id.Any(char.IsWhiteSpace) ? $"Vercel:IntegrationId is '{id}', which holds white space: {good}" : null;
    }

    private static string? ClientSecretFault(string secret) =>
        string.IsNullOrWhiteSpace(secret)
            ? "Vercel:ClientSecret is not set: it must be the integration's client secret as the Integration Console shows it, for example a value like pX4tNqGm1bVfWzKc7RdYhs2J."
            : null;

    private static string? UriFault(string key, string value, string good)
    {
        var rule = $"it must be https, or http on a loopback host, for example {good}.";
        if (!Uri.TryCreate(value, UriKind.Absolute, out var uri))
            return $"Vercel:{key} is '{value}', which is no absolute URI: {rule}";
        if (uri.UserInfo.Length > 0)
            return $"Vercel:{key} holds a user or a password, which would end up in logs: {rule}";
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return $"Vercel:{key} is '{value}', which has a query or a fragment: {rule}";
        var allowed = uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback);
        return allowed ? null : $"Vercel:{key} is '{value}': {rule}";
    }
}
