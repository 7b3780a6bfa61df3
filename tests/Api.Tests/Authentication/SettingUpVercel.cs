using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;
using Partner.Infrastructure.Marketplace;

namespace Partner.Api.Tests.Authentication;

public sealed class SettingUpVercel
{
    [Fact]
    public void In_development_nothing_need_be_set()
    {
        var options = Read(Environments.Development);

        options.IntegrationId.ShouldBe("oac_development");
        options.ClientSecret.ShouldBe("development-secret");
        options.PreviousClientSecret.ShouldBe("");
        options.Issuer.ShouldBe("https://marketplace.vercel.com");
        options.JwksUri.ShouldBe("http://127.0.0.1:5999/.well-known/jwks");
        options.ApiBaseUri.ShouldBe("http://127.0.0.1:5999");
    }

    [Fact]
    public void In_development_what_is_set_stands()
    {
        var options = Read(Environments.Development, ("IntegrationId", "oac_1"), ("ClientSecret", "s"), ("JwksUri", "https://example.com/keys"), ("ApiBaseUri", "https://example.com"));

        options.IntegrationId.ShouldBe("oac_1");
        options.ClientSecret.ShouldBe("s");
        options.JwksUri.ShouldBe("https://example.com/keys");
        options.ApiBaseUri.ShouldBe("https://example.com");
    }

    [Fact]
    public void Elsewhere_the_id_and_the_secret_are_required_and_the_rest_is_Vercels()
    {
        var options = Read(Environments.Production, ("IntegrationId", "oac_1"), ("ClientSecret", "s"));

        options.Issuer.ShouldBe("https://marketplace.vercel.com");
        options.JwksUri.ShouldBe("https://marketplace.vercel.com/.well-known/jwks");
        options.ApiBaseUri.ShouldBe("https://api.vercel.com");
        var faults = Faults();
        faults.Length.ShouldBe(2);
        faults[0].ShouldStartWith("Vercel:IntegrationId is not set: ");
        faults[1].ShouldStartWith("Vercel:ClientSecret is not set: ");
    }

    [Theory]
    [InlineData("https://issuer.example.com")]
    [InlineData("https://issuer.example.com/")]
    public void The_key_set_lies_with_the_issuer(string issuer) =>
        Read(Environments.Production, ("IntegrationId", "oac_1"), ("ClientSecret", "s"), ("Issuer", issuer)).JwksUri.ShouldBe("https://issuer.example.com/.well-known/jwks");

    [Theory]
    [InlineData("http://localhost:5999/jwks")]
    [InlineData("http://127.0.0.1:5999/jwks")]
    [InlineData("http://[::1]:5999/jwks")]
    [InlineData("https://example.com/jwks")]
    public void Plain_http_is_for_this_machine(string uri) => Faults(("IntegrationId", "oac_1"), ("ClientSecret", "s"), ("JwksUri", uri), ("ApiBaseUri", uri)).ShouldBeEmpty();

    [Theory]
    [InlineData("http://example.com/jwks")]
    [InlineData("http://127.0.0.1.example.com/jwks")]
    [InlineData("http://10.0.0.1/jwks")]
    [InlineData("ftp://localhost/jwks")]
    [InlineData("file:///etc/jwks")]
    [InlineData("/jwks")]
    [InlineData("example.com")]
    [InlineData("https://example.com/jwks?tenant=1")]
    [InlineData("https://user:canary@example.com/jwks")]
    public void Any_other_address_stops_the_start_with_one_sentence_that_names_the_key_and_a_good_value(string uri)
    {
        foreach (var (key, good) in new[] { ("JwksUri", "https://marketplace.vercel.com/.well-known/jwks"), ("ApiBaseUri", "https://api.vercel.com") })
        {
            var fault = Faults(("IntegrationId", "oac_1"), ("ClientSecret", "s"), (key, uri)).ShouldHaveSingleItem();

            fault.ShouldStartWith($"Vercel:{key} ");
            fault.ShouldEndWith($"for example {good}.");
            fault.ShouldNotContain("canary");
        }
    }

    [Fact]
    public void A_wrong_value_stops_the_start()
    {
        using var services = Services(Environments.Production).BuildServiceProvider();

        Should.Throw<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate()).Message.ShouldContain("Vercel:IntegrationId");
    }

    private static string[] Faults(params (string Key, string Value)[] values)
    {
        try
        {
            Read(Environments.Production, values);
            return [];
        }
        catch (OptionsValidationException invalid)
        {
            return [.. invalid.Failures];
        }
    }

    private static VercelOptions Read(string environment, params (string Key, string Value)[] values)
    {
        using var services = Services(environment, values).BuildServiceProvider();
        return services.GetRequiredService<IOptions<VercelOptions>>().Value;
    }

    private static ServiceCollection Services(string environment, params (string Key, string Value)[] values)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(values.Select(pair => KeyValuePair.Create($"Vercel:{pair.Key}", (string?)pair.Value))).Build());
        services.AddSingleton<IHostEnvironment>(new HostingEnvironment { EnvironmentName = environment });
        services.AddVercelOptions();
        return services;
    }
}
