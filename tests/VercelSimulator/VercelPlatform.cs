using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Partner.VercelSimulator;

/// <summary>Vercel's side of the wire on 127.0.0.1: the key set, and the API that partners call. Remembers every call.</summary>
public sealed class VercelPlatform : IAsyncDisposable
{
    /// <summary>Where the key set is.</summary>
    public const string JwksPath = "/.well-known/jwks";

    private readonly ConcurrentQueue<PlatformCall> _calls = new();
    private readonly Lock _gate = new();
    private readonly List<Script> _scripts = [];
    private readonly TimeProvider _clock;
    private readonly Action<PlatformCall>? _answered;
    private readonly MarketplaceApi _api;
    private readonly WebApplication _app;
    private readonly bool _ownsKeys;

    private VercelPlatform(VercelKeys? keys, int port, TimeProvider clock, Action<PlatformCall>? answered)
    {
        _ownsKeys = keys is null;
        Keys = keys ?? VercelKeys.Create();
        _clock = clock;
        _answered = answered;
        Marketplace = new VercelMarketplace(clock);
        _api = new MarketplaceApi(Marketplace);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, Http1));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>What is published; add, retire and rotate here.</summary>
    public VercelKeys Keys { get; }

    /// <summary>What Vercel knows of each installation: its phase, invoices, events.</summary>
    public VercelMarketplace Marketplace { get; }

    /// <summary>Without a slash at its end.</summary>
    public string BaseUri => _app.Urls.Single();

    public string JwksUri => BaseUri + JwksPath;

    /// <summary>Every call so far, in the order of arrival.</summary>
    public IReadOnlyList<PlatformCall> Calls => [.. _calls];

    /// <summary>How often the key set was asked for.</summary>
    public int JwksFetches => _calls.Count(call => call.Path == JwksPath);

    /// <summary>Starts listening.</summary>
    /// <param name="keys">By default a key set of its own; one that is given stays the giver's, for a platform that comes back.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <param name="clock">Of the marketplace's windows and of the calls' times.</param>
    /// <param name="answered">Told of each call once it is answered.</param>
    public static async Task<VercelPlatform> StartAsync(
        VercelKeys? keys = null, int port = 0, TimeProvider? clock = null, Action<PlatformCall>? answered = null)
    {
        var platform = new VercelPlatform(keys, port, clock ?? TimeProvider.System, answered);
        try
        {
            await platform._app.StartAsync();
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>The calls about one installation whose path ends so, such as <c>/billing/finalize</c>.</summary>
    public IReadOnlyList<PlatformCall> CallsTo(string installationId, string pathEnd = "") =>
        [.. _calls.Where(call => call.InstallationId == installationId && call.Path.EndsWith(pathEnd, StringComparison.Ordinal))];

    /// <summary>
    /// From now on such calls get this answer. The newest script that fits wins; disposing it, or having answered
    /// <paramref name="times"/> calls, ends it.
    /// </summary>
    public IDisposable On(Func<PlatformCall, bool> matches, PlatformAnswer answer, int times = int.MaxValue)
    {
        var script = new Script(this, matches, answer, times);
        lock (_gate)
            _scripts.Add(script);
        return script;
    }

    /// <summary>As above, by method and the end of the path.</summary>
    public IDisposable On(string method, string pathEnd, PlatformAnswer answer, int times = int.MaxValue) =>
        On(call => call.Method == method && call.Path.EndsWith(pathEnd, StringComparison.Ordinal), answer, times);

    /// <summary>As above, for the key set.</summary>
    public IDisposable OnJwks(PlatformAnswer answer, int times = int.MaxValue) => On("GET", JwksPath, answer, times);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (_ownsKeys)
            Keys.Dispose();
    }

    private static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;

    private async Task AnswerAsync(HttpContext context)
    {
        var call = await ReceiveAsync(context.Request);
        _calls.Enqueue(call);
        try
        {
            var scripted = Next(call);
            if (scripted?.Delay is { } delay && delay > TimeSpan.Zero)
                await Task.Delay(delay, TimeProvider.System, context.RequestAborted);
            var reply = scripted is null or { TakesEffect: true } or { Status: null, Drop: false } ? Ordinary(call) : null;
            if (scripted is { Drop: true })
            {
                context.Abort();
                return;
            }
            if (scripted?.RetryAfter is { } retryAfter)
                context.Response.Headers.RetryAfter = retryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            await WriteAsync(context.Response, call, scripted, reply);
        }
        catch (OperationCanceledException)
        {
            // The caller gave up while the answer was being late.
        }
        finally
        {
            _answered?.Invoke(call);
        }
    }

    private static async Task WriteAsync(HttpResponse response, PlatformCall call, PlatformAnswer? scripted, Reply? reply)
    {
        var (status, body) = (scripted, reply) switch
        {
            ({ Status: { } forced }, _) => (forced, scripted.Body ?? (forced >= 400 ? Envelope(forced) : null)),
            (_, { } ordinary) => (ordinary.Status, scripted?.Body ?? ordinary.Body?.ToJsonString()),
            _ => throw new UnreachableException(),
        };
        call.Status = status;
        response.StatusCode = status;
        if (body is null)
            return;
        response.ContentType = "application/json; charset=utf-8";
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
    }

    private static string? Envelope(int status) =>
        Reply.Failure(status, "simulated", $"The simulator was told to answer {status}.").Body?.ToJsonString();

    private Reply Ordinary(PlatformCall call) =>
        call is { Method: "GET", Path: JwksPath } ? Reply.Ok(Keys.ToJwks()) : _api.Answer(call);

    private async Task<PlatformCall> ReceiveAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var authorization = request.Headers.Authorization.ToString();
        var bearer = authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization[7..] : null;
        return new PlatformCall(request.Method, request.Path.Value ?? "/", body.ToArray(), bearer, _clock.GetUtcNow());
    }

    private PlatformAnswer? Next(PlatformCall call)
    {
        lock (_gate)
        {
            var script = _scripts.FindLast(candidate => candidate.Matches(call));
            if (script is null)
                return null;
            if (--script.Left == 0)
                _scripts.Remove(script);
            return script.Answer;
        }
    }

    private sealed class Script(VercelPlatform owner, Func<PlatformCall, bool> matches, PlatformAnswer answer, int times) : IDisposable
    {
        public Func<PlatformCall, bool> Matches { get; } = matches;

        public PlatformAnswer Answer { get; } = answer;

        public int Left { get; set; } = times;

        public void Dispose()
        {
            lock (owner._gate)
                owner._scripts.Remove(this);
        }
    }
}
