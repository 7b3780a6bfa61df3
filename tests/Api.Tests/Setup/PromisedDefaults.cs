using System.Collections;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Partner.Api.Commands;
using Partner.Api.Setup;
using Partner.Infrastructure;
using Partner.Infrastructure.Idempotency;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Marketplace;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Product;
using Partner.Infrastructure.Secrets;

namespace Partner.Api.Tests.Setup;

/// <summary>The defaults that docs/configuration.md promises hold without any file.</summary>
public sealed class PromisedDefaults
{
    private static readonly Dictionary<string, Type> Sections = new(StringComparer.Ordinal)
    {
        ["Vercel"] = typeof(VercelOptions),
        ["Database"] = typeof(DatabaseOptions),
        ["ConnectionStrings"] = typeof(ConnectionOptions),
        ["Uninstall"] = typeof(UninstallOptions),
        ["Idempotency"] = typeof(IdempotencyOptions),
        ["Jobs"] = typeof(JobsOptions),
        ["Product"] = typeof(ProductOptions),
        ["Http"] = typeof(HttpOptions),
        ["DataProtection"] = typeof(DataProtectionSettings),
    };

    [Theory]
    [InlineData("Vercel:PreviousClientSecret", "")]
    [InlineData("Vercel:Issuer", "https://marketplace.vercel.com")]
    [InlineData("Vercel:JwksUri", "https://marketplace.vercel.com/.well-known/jwks")]
    [InlineData("Vercel:ApiBaseUri", "https://api.vercel.com")]
    [InlineData("Database:Provider", "Sqlite")]
    [InlineData("ConnectionStrings:Partner", "data/partner.db")]
    [InlineData("Uninstall:GracePeriod", "1.00:00:00")]
    [InlineData("Uninstall:WithoutCascade", "Conflict")]
    [InlineData("Uninstall:HelpUri", "")]
    [InlineData("Uninstall:OpenInvoices", "Settle")]
    [InlineData("Idempotency:Retention", "7.00:00:00")]
    [InlineData("Jobs:PollingInterval", "00:00:05")]
    [InlineData("Jobs:SweepInterval", "00:00:10")]
    [InlineData("Jobs:Workers", "4")]
    [InlineData("Product:BaseUri", "")]
    [InlineData("Product:Secret", "")]
    [InlineData("Http:PathBase", "")]
    [InlineData("Http:TrustedProxies", "")]
    [InlineData("DataProtection:CertificatePath", "")]
    [InlineData("DataProtection:CertificatePassword", "")]
    public void Hold_in_production(string key, string value) => Read(key, "Production", "--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=secret").ShouldBe(value);

    [Theory]
    [InlineData("Vercel:IntegrationId", "oac_development")]
    [InlineData("Vercel:ClientSecret", "development-secret")]
    [InlineData("Vercel:Issuer", "https://marketplace.vercel.com")]
    [InlineData("Vercel:JwksUri", "http://127.0.0.1:5999/.well-known/jwks")]
    [InlineData("Vercel:ApiBaseUri", "http://127.0.0.1:5999")]
    public void Are_the_simulators_in_development(string key, string value) => Read(key, "Development").ShouldBe(value);

    [Fact]
    public void The_key_set_is_looked_for_at_the_issuer_that_is_set() =>
        Read("Vercel:JwksUri", "Production", "--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=secret", "--Vercel:Issuer=https://issuer.example/").ShouldBe("https://issuer.example/.well-known/jwks");

    /// <returns>The value as a setting is written; nothing and none are an empty text.</returns>
    private static string Read(string key, string environment, params string[] settings)
    {
        var command = CommandLine.Parse([$"--environment={environment}", .. settings])!;
        var builder = WebApplication.CreateBuilder(command.Settings);
        builder.AddPartner(command);
        using var app = (IDisposable)builder.Build();
        var name = key.Split(':');
        var type = typeof(IOptions<>).MakeGenericType(Sections[name[0]]);
        var options = type.GetProperty(nameof(IOptions<>.Value))!.GetValue(((WebApplication)app).Services.GetRequiredService(type))!;
        var value = options.GetType().GetProperty(name[1]).ShouldNotBeNull($"There is no setting {key}.").GetValue(options);
        return value is IEnumerable and not string ? string.Join(',', ((IEnumerable)value).Cast<object>()) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
    }
}
