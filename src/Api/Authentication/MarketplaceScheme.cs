namespace Partner.Api.Authentication;

/// <summary>The authentication scheme of Vercel's calls. Never the default one: an endpoint opens to it only by naming <see cref="Policies.Marketplace"/>.</summary>
internal static class MarketplaceScheme
{
    public const string Name = "Marketplace";
}

internal static class Policies
{
    /// <summary>A verified token of Vercel, of either style (rules A1 to A3).</summary>
    public const string Marketplace = "Marketplace";
}
