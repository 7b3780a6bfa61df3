using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Product;

/// <summary>Section <c>Product</c>: where the product is reached; unset, the built-in demonstration product is sold.</summary>
public sealed class ProductOptions
{
    public string? BaseUri { get; set; }

    public string? Secret { get; set; }
}

internal sealed class ProductOptionsValidator : IValidateOptions<ProductOptions>
{
    public ValidateOptionsResult Validate(string? name, ProductOptions options) =>
        options.BaseUri is null && options.Secret is null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Product:BaseUri and Product:Secret are set, but this version cannot call a product over HTTP yet: leave both unset for the built-in product, or register your own IProduct in C#.");
}
