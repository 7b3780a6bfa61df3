using System.Globalization;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator.Demo;

/// <summary>Everything the demo plays with: a folder, Vercel, the service as a process; all of it is gone afterwards.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly bool _keep;

    private Stage(string assembly, TimeSpan gracePeriod, bool keep, string folder, VercelPlatform platform)
    {
        _keep = keep;
        Folder = folder;
        GracePeriod = gracePeriod;
        Platform = platform;
        var url = new Uri($"http://127.0.0.1:{FreePort.Take().ToString(CultureInfo.InvariantCulture)}");
        var secret = Guid.NewGuid().ToString("N");
        _http = new HttpClient { BaseAddress = url };
        Tokens = new VercelTokens(platform.Keys) { Audience = "oac_demo" };
        Caller = new VercelCaller(_http, Tokens, platform.Marketplace) { ClientSecret = secret };
        Admin = VercelIdentity.Admin with { Claims = claims => claims["user_name"] = Canaries["user's name"] };
        Service = new ServiceProcess(assembly, url, folder, Path.Combine(folder, "service.log"), Settings(url, secret));
    }

    public string Folder { get; }

    public TimeSpan GracePeriod { get; }

    public VercelPlatform Platform { get; }

    public VercelTokens Tokens { get; }

    public VercelCaller Caller { get; }

    public ServiceProcess Service { get; }

    /// <summary>The person who installs and uninstalls.</summary>
    public VercelIdentity Admin { get; }

    public string InstallationId { get; } = "icfg_" + Guid.NewGuid().ToString("N")[..24];

    /// <summary>Texts of the customer's that nobody else would write; what is left of them after the purge is a flaw.</summary>
    public Dictionary<string, string> Canaries { get; } = new(StringComparer.Ordinal)
    {
        ["account's name"] = Canary("Account"),
        ["e-mail address"] = Canary("mail") + "@acme.example",
        ["contact's name"] = Canary("Contact"),
        ["user's name"] = Canary("Person"),
        ["access token"] = Canary("token"),
        ["resource's name"] = Canary("resource"),
        ["metadata"] = Canary("metadata"),
        ["reason"] = Canary("reason"),
    };

    public static async Task<Stage> SetAsync(TimeSpan gracePeriod, bool keep)
    {
        var assembly = ServiceBuild.FindAssembly();
        var platform = await VercelPlatform.StartAsync();
        return new Stage(assembly, gracePeriod, keep, Directory.CreateTempSubdirectory("partner-demo-").FullName, platform);
    }

    public JsonObject Metadata() => new() { ["region"] = Canaries["metadata"] };

    public InstallRequest InstallRequest() => new()
    {
        AccountName = Canaries["account's name"],
        ContactEmail = Canaries["e-mail address"],
        ContactName = Canaries["contact's name"],
        AccessToken = Canaries["access token"],
    };

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Platform.DisposeAsync();
        _http.Dispose();
        if (!_keep)
            Directory.Delete(Folder, recursive: true);
    }

    private Dictionary<string, string> Settings(Uri url, string secret) => new(StringComparer.Ordinal)
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["ASPNETCORE_URLS"] = url.GetLeftPart(UriPartial.Authority),
        ["ConnectionStrings__Partner"] = $"Data Source={Path.Combine(Folder, "partner.db")}",
        ["Vercel__IntegrationId"] = "oac_demo",
        ["Vercel__ClientSecret"] = secret,
        ["Vercel__JwksUri"] = Platform.JwksUri,
        ["Vercel__ApiBaseUri"] = Platform.BaseUri,
        ["Uninstall__GracePeriod"] = GracePeriod.ToString("c", CultureInfo.InvariantCulture),
        ["Jobs__PollingInterval"] = "00:00:01",
        ["Jobs__SweepInterval"] = "00:00:01",
    };

    private static string Canary(string what) => $"{what}-canary-{Guid.NewGuid().ToString("N")[..12]}";
}
