using System.Globalization;
using Microsoft.Extensions.Options;
using Partner.Application.Catalog;

namespace Partner.Infrastructure.Product;

/// <summary>Section <c>Catalog</c>: what is sold. Unset: product <c>demo</c> with the plans <c>free</c> and <c>pro</c>.</summary>
public sealed class CatalogOptions
{
    public IList<ProductEntry> Products { get; } = [];

    public IList<PlanEntry> Plans { get; } = [];

    public sealed class ProductEntry
    {
        public string? Id { get; set; }

        public string? Name { get; set; }

        public IList<string> Plans { get; } = [];
    }

    /// <summary>A Vercel BillingPlan, and <see cref="Price"/>.</summary>
    public sealed class PlanEntry
    {
        public string? Id { get; set; }

        public string? Type { get; set; } = "subscription";

        public string? Name { get; set; }

        public string? Description { get; set; }

        public bool PaymentMethodRequired { get; set; } = true;

        public string? Cost { get; set; }

        public bool Disabled { get; set; }

        public IList<DetailEntry> Details { get; } = [];

        /// <summary>USD a month as decimal text: <c>20.00</c>.</summary>
        public string? Price { get; set; }
    }

    public sealed class DetailEntry
    {
        public string? Label { get; set; }

        public string? Value { get; set; }
    }
}

internal sealed class CatalogDefaults : IPostConfigureOptions<CatalogOptions>
{
    public void PostConfigure(string? name, CatalogOptions options)
    {
        if (options.Products.Count > 0 || options.Plans.Count > 0)
            return;
        options.Plans.Add(new CatalogOptions.PlanEntry { Id = "free", Name = "Free", Description = "To try it out.", PaymentMethodRequired = false, Cost = "$0.00/month", Price = "0.00" });
        options.Plans.Add(new CatalogOptions.PlanEntry { Id = "pro", Name = "Pro", Description = "For production.", Cost = "$20.00/month", Price = "20.00" });
        options.Products.Add(new CatalogOptions.ProductEntry { Id = "demo", Name = "Demo", Plans = { "free", "pro" } });
    }
}

internal sealed class CatalogOptionsValidator : IValidateOptions<CatalogOptions>
{
    public ValidateOptionsResult Validate(string? name, CatalogOptions options)
    {
        var faults = new List<string>();
        for (var i = 0; i < options.Plans.Count; i++)
        {
            var plan = options.Plans[i];
            var key = string.Create(CultureInfo.InvariantCulture, $"Catalog:Plans:{i}");
            if (string.IsNullOrWhiteSpace(plan.Id) || plan.Id.Length > 128 || options.Plans.Count(other => other.Id == plan.Id) > 1)
                faults.Add($"{key}:Id is '{plan.Id}': it must be a text of at most 128 characters that no other plan has, for example 'pro'.");
            if (string.IsNullOrWhiteSpace(plan.Name) || string.IsNullOrWhiteSpace(plan.Description))
                faults.Add($"{key}:Name and {key}:Description must be set, for example 'Pro' and 'For production.'.");
            if (plan.Type is not ("subscription" or "prepayment"))
                faults.Add($"{key}:Type is '{plan.Type}': it must be 'subscription' or 'prepayment'.");
            if (!decimal.TryParse(plan.Price, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _))
                faults.Add($"{key}:Price is '{plan.Price}': it must be USD a month as decimal text, for example '20.00'.");
            if (plan.Details.Any(detail => string.IsNullOrWhiteSpace(detail.Label)))
                faults.Add($"{key}:Details has an entry without a Label: give each one a text, for example 'Requests'.");
        }

        for (var i = 0; i < options.Products.Count; i++)
        {
            var product = options.Products[i];
            var key = string.Create(CultureInfo.InvariantCulture, $"Catalog:Products:{i}");
            if (string.IsNullOrWhiteSpace(product.Id) || product.Id.Length > 128 || options.Products.Count(other => other.Id == product.Id) > 1)
                faults.Add($"{key}:Id is '{product.Id}': it must be a text of at most 128 characters that no other product has, for example 'demo'.");
            if (string.IsNullOrWhiteSpace(product.Name))
                faults.Add($"{key}:Name must be set, for example 'Demo'.");
            if (product.Plans.Count == 0 || product.Plans.Distinct(StringComparer.Ordinal).Count() < product.Plans.Count || product.Plans.Any(plan => options.Plans.All(known => known.Id != plan)))
                faults.Add($"{key}:Plans is '{string.Join(", ", product.Plans)}': it must name at least one plan of Catalog:Plans, each once and no other, for example '{options.Plans.FirstOrDefault()?.Id ?? "pro"}'.");
        }

        if (options.Products.Count == 0)
            faults.Add("Catalog:Products is empty: set at least one product, for example Catalog:Products:0:Id=demo.");
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}

internal sealed class ConfiguredCatalog : ICatalog
{
    private readonly Dictionary<string, Dictionary<string, BillingPlan>> _products;

    public ConfiguredCatalog(IOptions<CatalogOptions> options)
    {
        var plans = options.Value.Plans.ToDictionary(
            plan => plan.Id!,
            plan => new BillingPlan
            {
                Id = plan.Id!,
                Type = plan.Type!,
                Name = plan.Name!,
                Description = plan.Description!,
                PaymentMethodRequired = plan.PaymentMethodRequired,
                Cost = plan.Cost,
                Disabled = plan.Disabled,
                Details = plan.Details.Count == 0 ? null : [.. plan.Details.Select(detail => new PlanDetail(detail.Label!) { Value = detail.Value })],
                Price = decimal.Parse(plan.Price!, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture),
            },
            StringComparer.Ordinal);
        _products = options.Value.Products.ToDictionary(product => product.Id!, product => product.Plans.ToDictionary(id => id, id => plans[id], StringComparer.Ordinal), StringComparer.Ordinal);
    }

    public IReadOnlyList<string> ProductIds => [.. _products.Keys];

    public bool HasProduct(string productId) => _products.ContainsKey(productId);

    public IReadOnlyList<string> PlanIds(string productId) => [.. _products[productId].Values.Where(plan => !plan.Disabled).Select(plan => plan.Id)];

    public BillingPlan? FindPlan(string productId, string planId) => _products.TryGetValue(productId, out var plans) ? plans.GetValueOrDefault(planId) : null;
}
