using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Partner.Api.Authentication;
using Partner.Application.Ports;

namespace Partner.Api.Tests.Authentication;

/// <summary>A real host with nothing but the authentication and one endpoint that tells who called.</summary>
internal sealed class ProbeApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _client;
    private readonly StrongBox<int> _calls;

    private ProbeApp(WebApplication app, StrongBox<int> calls) => (_app, _calls, _client) = (app, calls, new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.Latin1 })
    {
        BaseAddress = new Uri(app.Urls.Single()),
        Timeout = TimeSpan.FromSeconds(20),
    });

    public FakeTimeProvider Clock => (FakeTimeProvider)_app.Services.GetRequiredService<TimeProvider>();

    public VercelKeySet Keys => _app.Services.GetRequiredService<VercelKeySet>();

    /// <summary>How many requests have come in, answered or not.</summary>
    public int Calls => Volatile.Read(ref _calls.Value);

    public Uri Address => _client.BaseAddress!;

    public string Logged => string.Join('\n', _app.Services.GetFakeLogCollector().GetSnapshot().Select(record => $"{record.Message} {record.Exception} {string.Join(' ', record.StructuredState ?? [])}"));

    /// <param name="keys">Where the key set comes from.</param>
    /// <param name="store">The database, if it outlives the host.</param>
    /// <param name="clock">Held at <see cref="Claims.Now"/> unless given.</param>
    /// <param name="more">What else is set or registered, before ours.</param>
    public static async Task<ProbeApp> StartAsync(KeyServer keys, MemoryKeySetStore? store = null, TimeProvider? clock = null, Action<WebApplicationBuilder>? more = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Environment.EnvironmentName = Environments.Production;
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.RequestHeaderEncodingSelector = _ => System.Text.Encoding.Latin1);
        builder.Logging.ClearProviders().AddFakeLogging().SetMinimumLevel(LogLevel.Trace);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Vercel:IntegrationId"] = Claims.Audience,
            ["Vercel:ClientSecret"] = "client-secret-canary",
            ["Vercel:JwksUri"] = keys.JwksUri,
        });
        builder.Services.AddSingleton(clock ?? new FakeTimeProvider(Claims.Now));
        builder.Services.AddScoped<ISigningKeySetStore>(_ => store ?? new MemoryKeySetStore());
        more?.Invoke(builder);
        builder.Services.AddPartnerAuthentication();
        builder.Host.UseDefaultServiceProvider(options => options.ValidateScopes = options.ValidateOnBuild = true);

        var app = builder.Build();
        var calls = new StrongBox<int>();
        app.Use((_, next) =>
        {
            Interlocked.Increment(ref calls.Value);
            return next();
        });
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/probe", (ICaller caller) => new Probe(caller.Style.ToString(), caller.InstallationId, caller.AccountId, caller.UserRole)).RequireAuthorization(Policies.Marketplace);
        app.MapGet("/who", (HttpContext context) => context.User.Identity?.IsAuthenticated == true ? "somebody" : "nobody");
        app.MapGet("/claims", (HttpContext context) => context.User.Claims.Select(claim => claim.Type).Order(StringComparer.Ordinal)).RequireAuthorization(Policies.Marketplace);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ProbeApp(app, calls);
    }

    /// <summary>Joins the fetch of the start.</summary>
    public async Task<ProbeApp> WarmAsync()
    {
        await Keys.IsAvailableAsync(TestContext.Current.CancellationToken);
        return this;
    }

    public Task<Answer> CallAsync(string? token, params (string Name, string Value)[] headers) => SendAsync("/probe", token is null ? headers : [("Authorization", $"Bearer {token}"), .. headers]);

    public async Task<Answer> SendAsync(string path, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Answer(response.StatusCode, body, response.Headers.WwwAuthenticate.ToString(), response.Headers.RetryAfter?.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    internal sealed record Probe(string Style, string? InstallationId, string AccountId, string? UserRole);
}

internal sealed record Answer(HttpStatusCode Status, string Body, string Challenge, string? RetryAfter)
{
    public ProbeApp.Probe Caller => JsonSerializer.Deserialize<ProbeApp.Probe>(Body, JsonSerializerOptions.Web)!;

    public string Code => JsonDocument.Parse(Body).RootElement.GetProperty("error").GetProperty("code").GetString()!;

    public string Message => JsonDocument.Parse(Body).RootElement.GetProperty("error").GetProperty("message").GetString()!;

    /// <summary>The whole of a 401: envelope, challenge, and nothing of the token.</summary>
    public void ShouldRefuseTheToken(string? token = null)
    {
        Status.ShouldBe(HttpStatusCode.Unauthorized, Body);
        Code.ShouldBe("unauthorized");
        Message.ShouldNotBeNullOrWhiteSpace();
        Challenge.ShouldStartWith("Bearer");
        RetryAfter.ShouldBeNull();
        if (token is not null)
            Challenge.ShouldContain("error=\"invalid_token\"");
        foreach (var part in (token ?? "").Split('.').Where(part => part.Length > 8))
            (Body + Challenge).ShouldNotContain(part);
    }

    public void ShouldForbid()
    {
        Status.ShouldBe(HttpStatusCode.Forbidden, Body);
        Code.ShouldBe("forbidden");
        Message.ShouldEndWith(".");
        Challenge.ShouldBeEmpty();
    }
}
