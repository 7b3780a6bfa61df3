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
        if (options.PathBase is { Length: > 0 } path && !IsPrefix(path))
            return ValidateOptionsResult.Fail($"Http:PathBase is '{path}': it must begin with a slash and not end with one, and be a path as it arrives, without empty names, '.', '..', '?', '#', '%', '\\' or blanks, for example '/vercel'.");
        foreach (var proxy in options.TrustedProxies)
        {
            if (!IPAddress.TryParse(proxy, out _) && !System.Net.IPNetwork.TryParse(proxy, out _))
                return ValidateOptionsResult.Fail($"Http:TrustedProxies has '{proxy}': each must be an address or a network, for example '10.0.0.7' or '10.0.0.0/8'.");
        }

        return ValidateOptionsResult.Success;
    }

    /// <summary>Whether a request's path can begin so: no server lets through what a client never sends, or what is resolved or decoded on the way.</summary>
    private static bool IsPrefix(string path) => path[0] == '/' && path[1..].Split('/').All(name =>
        name is not ("" or "." or "..") && !name.Any(character => character is '?' or '#' or '%' or '\\' || char.IsWhiteSpace(character) || char.IsControl(character)));
}
