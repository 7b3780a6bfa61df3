using System.Net;
using Microsoft.Extensions.Options;

namespace Partner.Api.Setup;

/// <summary>Section <c>Http</c>.</summary>
public sealed class HttpOptions
{
    /// <summary>A prefix in front of all URLs: <c>/vercel</c>.</summary>
    public string? PathBase { get; set; }

    /// <summary>Addresses or networks, separated by commas or as a list, whose forwarded headers are believed.</summary>
    public IList<string> TrustedProxies { get; } = [];
}

internal sealed class HttpOptionsValidator : IValidateOptions<HttpOptions>
{
    public ValidateOptionsResult Validate(string? name, HttpOptions options)
    {
        if (options.PathBase is { Length: > 0 } path && (path[0] != '/' || path[^1] == '/'))
            return ValidateOptionsResult.Fail($"Http:PathBase is '{path}': it must begin with a slash and not end with one, for example '/vercel'.");
        foreach (var proxy in options.TrustedProxies)
        {
            if (!IPAddress.TryParse(proxy, out _) && !System.Net.IPNetwork.TryParse(proxy, out _))
                return ValidateOptionsResult.Fail($"Http:TrustedProxies has '{proxy}': each must be an address or a network, for example '10.0.0.7' or '10.0.0.0/8'.");
        }

        return ValidateOptionsResult.Success;
    }
}
