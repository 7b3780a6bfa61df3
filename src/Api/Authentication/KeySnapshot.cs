using System.Collections.Frozen;
using Microsoft.IdentityModel.Tokens;

namespace Partner.Api.Authentication;

/// <summary>One published key set, never changed after it was read.</summary>
/// <param name="Keys">By key id, compared as bytes.</param>
/// <param name="Json">The document it was read from.</param>
/// <param name="FetchedAt">When the fetch began: what Vercel published later is not in it.</param>
internal sealed record KeySnapshot(FrozenDictionary<string, RsaSecurityKey> Keys, string Json, DateTimeOffset FetchedAt);

internal enum KeyLookup
{
    /// <summary>The key is at hand.</summary>
    Found,

    /// <summary>Vercel publishes no usable key of this id, or none that we could learn of in time.</summary>
    Unknown,

    /// <summary>There is no key set at all to look into: nothing can be said of the token.</summary>
    Unavailable,
}
