using Microsoft.Extensions.Options;
using Partner.Application.Ports;
using Partner.Domain.Installations;

namespace Partner.Infrastructure;

/// <summary>Section <c>Uninstall</c>.</summary>
public sealed class UninstallOptions
{
    /// <summary>The window from the accepted DELETE to the purge.</summary>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromDays(1);

    /// <summary><c>Conflict</c> or <c>Keep</c>.</summary>
    public string WithoutCascade { get; set; } = nameof(Domain.Installations.WithoutCascade.Conflict);

    public string? HelpUri { get; set; }

    /// <summary><c>Settle</c> or <c>Conflict</c>.</summary>
    public string OpenInvoices { get; set; } = nameof(Domain.Installations.OpenInvoices.Settle);

    internal static UninstallPolicy ToPolicy(UninstallOptions options, IProduct product) => new(
        options.GracePeriod,
        Enum.Parse<WithoutCascade>(options.WithoutCascade),
        Enum.Parse<OpenInvoices>(options.OpenInvoices),
        options.HelpUri,
        product.ChecksSecretsItself);
}

internal sealed class UninstallOptionsValidator(IProduct product) : IValidateOptions<UninstallOptions>
{
    public ValidateOptionsResult Validate(string? name, UninstallOptions options)
    {
        var faults = new List<string>();
        if (options.GracePeriod < TimeSpan.Zero || options.GracePeriod > TimeSpan.FromDays(30))
            faults.Add($"Uninstall:GracePeriod is '{options.GracePeriod}': it must be between 0 and 30 days, for example '1.00:00:00'.");
        if (options.WithoutCascade is not (nameof(WithoutCascade.Conflict) or nameof(WithoutCascade.Keep)))
            faults.Add($"Uninstall:WithoutCascade is '{options.WithoutCascade}': it must be 'Conflict' or 'Keep'.");
        else if (options.WithoutCascade == nameof(WithoutCascade.Keep) && !product.CanKeepResources)
            faults.Add("Uninstall:WithoutCascade is 'Keep', but the product cannot keep resources: it must be 'Conflict', or connect a product that can (the built-in one cannot: there a resource is a row of this service).");
        if (options.OpenInvoices is not (nameof(OpenInvoices.Settle) or nameof(OpenInvoices.Conflict)))
            faults.Add($"Uninstall:OpenInvoices is '{options.OpenInvoices}': it must be 'Settle' or 'Conflict'.");
        if (options.HelpUri is { } uri && !(Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.Scheme is "https" or "http"))
            faults.Add($"Uninstall:HelpUri is '{uri}': it must be a web address, for example 'https://example.com/help/uninstall'.");
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
