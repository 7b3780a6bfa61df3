using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Partner.Api.Authentication;
using Partner.Api.Http;

namespace Partner.Api.Setup;

/// <summary>
/// What a connection may cost before the application sees anything of it. Every number stands here, the server's own defaults too, so
/// that a new version of it changes none unseen.
/// </summary>
internal static class KestrelSetup
{
    private const int KiB = 1024;

    /// <summary>What is read of a connection ahead of us. Ten thousands of them must fit into memory, and a body of ours fits in here.</summary>
    private const int Ahead = 64 * KiB;

    public static void AddPartnerKestrel(this IServiceCollection services)
    {
        services.Configure<KestrelServerOptions>(Configure);
        services.Configure<SocketTransportOptions>(sockets => sockets.MaxReadBufferSize = Ahead);
    }

    private static void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        // A strange header value reaches us and gets an answer of ours (rule R4).
        kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;

        var limits = kestrel.Limits;
        // Above our own limit: Kestrel counts the frames of a chunked body too, up to six bytes for each of the body, which alone we count.
        limits.MaxRequestBodySize = 8 * JsonBody.MaxBytes;
        // A body of ours comes in one packet or a few. One that crawls is a 408, at the latest when the request's time is over.
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: KiB, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        // The longest path is a few hundred bytes; what is longer is told so, up to here.
        limits.MaxRequestLineSize = 8 * KiB;
        // A token (8 KiB) and a key that is too long must reach us to be refused by name; proxies add theirs.
        limits.MaxRequestHeadersTotalSize = 4 * TokenShape.LongestToken;
        limits.MaxRequestHeaderCount = 100;
        // The headers are there at once, or somebody feeds us a byte at a time.
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // Longer than a proxy keeps its idle connections (60 s, 120 s): the one that sends must be the one that closes, or a call meets a closed door.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        // More than Vercel and any proxy open, and few enough for the memory and for a process's file descriptors.
        limits.MaxConcurrentConnections = 4096;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestBufferSize = Ahead;
        // Only with a certificate of Kestrel's own: all streams of a connection together may fill as much as two connections.
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.InitialStreamWindowSize = Ahead;
        limits.Http2.InitialConnectionWindowSize = 2 * Ahead;
    }
}
