namespace Partner.Application.Catalog;

/// <summary>The products and plans that the vendor sells.</summary>
public interface ICatalog
{
    /// <returns>The plan, if the product exists and is sold on it; else null.</returns>
    BillingPlan? FindPlan(string productId, string planId);

    bool HasProduct(string productId);

    /// <returns>The ids of the product's plans, for a sentence that says what would be right.</returns>
    IReadOnlyList<string> PlanIds(string productId);

    IReadOnlyList<string> ProductIds { get; }
}
