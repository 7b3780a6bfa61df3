using System.Net;
using Microsoft.Extensions.Options;
using Partner.Infrastructure.Marketplace;

namespace Partner.Api.Authentication;

/// <summary>Vercel's JWKS endpoint, distrusted: whatever it answers, a fetch ends in time and in bounded memory.</summary>
internal sealed partial class KeySetEndpoint(IHttpClientFactory clients, IOptions<VercelOptions> options, TimeProvider clock, ILogger<KeySetEndpoint> logger)
{
    public const string ClientName = "Vercel.Keys";

    /// <summary>With it, even a request that finds neither a stored set nor an answer is refused within 5 s.</summary>
    private static readonly TimeSpan _longestFetch = TimeSpan.FromSeconds(3.5);

    private const int LargestDocument = 256 * 1024;

    public static void Configure(HttpClient client)
    {
        client.Timeout = _longestFetch;
        client.MaxResponseContentBufferSize = LargestDocument;
    }

    /// <summary>A redirect is no key set: where it points was not configured by anybody.</summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <returns>The set, with at least one usable key; null, with a line in the log, if there was none.</returns>
    public async Task<KeySnapshot?> FetchAsync()
    {
        var uri = options.Value.JwksUri;
        var startedAt = clock.GetUtcNow();
        try
        {
            using var client = clients.CreateClient(ClientName);
            using var response = await client.GetAsync(new Uri(uri));
            if (response.StatusCode != HttpStatusCode.OK)
            {
                Log.WrongStatus(logger, uri, (int)response.StatusCode);
                return null;
            }

            // Read as UTF-8 whatever the content type says.
            var json = System.Text.Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync());
            var keys = PublishedKeys.Read(json);
            if (keys.Count == 0)
            {
                Log.NoUsableKey(logger, uri);
                return null;
            }
            return new KeySnapshot(keys, json, startedAt);
        }
        catch (Exception fault)
        {
            // Asked again every ten seconds while it lasts: where our own code called it from would only fill the log.
            Log.Unreachable(logger, uri, Reason(fault));
            return null;
        }
    }

    private static string Reason(Exception fault) => fault switch
    {
        OperationCanceledException => $"no answer within {_longestFetch.TotalSeconds} s",
        { InnerException: { } inner } => $"{fault.Message} {inner.Message}",
        _ => fault.Message,
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The key set at {Uri} was answered with status {Status}; one fetched within the last 24 hours goes on serving, if there is one.")]
        public static partial void WrongStatus(ILogger logger, string uri, int status);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The key set at {Uri} holds no usable key; one fetched within the last 24 hours goes on serving, if there is one.")]
        public static partial void NoUsableKey(ILogger logger, string uri);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The key set at {Uri} could not be fetched ({Reason}); one fetched within the last 24 hours goes on serving, if there is one.")]
        public static partial void Unreachable(ILogger logger, string uri, string reason);
    }
}
