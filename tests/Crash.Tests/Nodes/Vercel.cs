using System.Text.Json;
using Partner.Crash.Tests.Recording;
using Partner.VercelSimulator;

namespace Partner.Crash.Tests.Nodes;

/// <summary>Vercel, as all nodes and customers of a run have it.</summary>
internal sealed class Vercel : IAsyncDisposable
{
    public const string IntegrationId = "oac_crash";

    private const string ClientSecret = "client-secret-of-the-crash-tests";

    /// <summary>Each attempt is one line in the history, so the repeating is not left to the simulator.</summary>
    private static readonly RetryPolicy Once = new(1, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(10));

    private readonly HttpClient _nowhere = new();

    private Vercel(VercelPlatform platform)
    {
        Platform = platform;
        Tokens = new VercelTokens(platform.Keys) { Audience = IntegrationId };
        Composer = CallerOf(_nowhere);
    }

    public VercelPlatform Platform { get; }

    public VercelTokens Tokens { get; }

    /// <summary>Makes calls, and sends none.</summary>
    public VercelCaller Composer { get; }

    public static async Task<Vercel> StartAsync() => new(await VercelPlatform.StartAsync());

    public VercelCaller CallerOf(HttpClient http) => new(http, Tokens) { ClientSecret = ClientSecret, Retry = Once };

    public PartnerCall Removed(string installationId, string eventId)
    {
        var call = new PartnerCall("POST", "/webhooks/vercel").WithBody(VercelWebhooks.Removed(installationId, TimeProvider.System.GetUtcNow(), eventId).ToJsonString(JsonSerializerOptions.Web));
        return call.WithHeader("x-vercel-signature", VercelWebhooks.Sign(call.Body!, ClientSecret));
    }

    /// <summary>What it took of invoices and of their end.</summary>
    public IEnumerable<Happening> Bills()
    {
        foreach (var call in Platform.Calls.Where(call => call is { Method: "POST", Status: >= 200 and < 300 }))
        {
            if (call.Path.Split('/') is not ["", "v1", "installations", var id, "billing", var what])
                continue;
            if (what == "invoices")
                yield return new Invoiced(call.At, id, Final: (bool?)call.Json!["final"] ?? false);
            else if (what == "finalize")
                yield return new Finalized(call.At, id);
        }
    }

    public Dictionary<string, string> Settings(TimeSpan window) => new(StringComparer.Ordinal)
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["Vercel__IntegrationId"] = IntegrationId,
        ["Vercel__ClientSecret"] = ClientSecret,
        ["Vercel__JwksUri"] = Platform.JwksUri,
        ["Vercel__ApiBaseUri"] = Platform.BaseUri,
        ["Uninstall__GracePeriod"] = window.ToString("c"),
        ["Jobs__PollingInterval"] = "00:00:00.5",
        ["Jobs__SweepInterval"] = "00:00:01",
        // A process that lives for seconds compiles each method once, and quickly.
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_TC_CallCountingDelayMs"] = "927C0", // Ten minutes, in hexadecimal.
    };

    public async ValueTask DisposeAsync()
    {
        _nowhere.Dispose();
        await Platform.DisposeAsync();
    }
}
