using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Partner.Api.Authentication;
using Partner.Application.Pipeline;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Http;

/// <summary>
/// Who asks too often hears 429. A caller with a verified token is counted by its installation alone, never by its address: all of
/// Vercel may come through a few. An address is counted only where a call has failed to prove who sends it, so whoever shares it with
/// somebody who guesses never notices.
/// </summary>
internal sealed class CallLimits(TimeProvider clock, PartnerMetrics metrics)
{
    private const int CallsPerSecond = 200;

    private const int FailuresPerSecond = 20;

    /// <summary>Two seconds' worth at once: 200 repeats under one key in the same moment are a retry storm, and rule K5 is for those.</summary>
    private readonly Allowance<string> _installations = new(2 * CallsPerSecond, CallsPerSecond, clock);

    /// <summary>A burst, as when a key set is late or a clock is wrong, is told what is wrong; who goes on has heard it a hundred times.</summary>
    private readonly Allowance<UInt128> _failures = new(5 * FailuresPerSecond, FailuresPerSecond, clock);

    private static readonly Error TooManyCalls = TooMany($"More than {CallsPerSecond} calls a second for one installation. Repeat this one in a moment.", TimeSpan.FromSeconds(1));

    private static readonly Error TooManyFailures = TooMany("Too many calls from this address do not prove who sends them, nor does this one.", TimeSpan.FromSeconds(5));

    /// <returns>The refusal, if this caller's installation (of a system token without one: its account) has used up what it may.</returns>
    public Error? Count(CallerClaims caller) =>
        _installations.TryTake(caller.InstallationId ?? "account:" + caller.AccountId) ? null : Refuse(TooManyCalls, "installation");

    /// <summary>Counts a call that is known to have failed authentication.</summary>
    /// <returns>What it hears in place of the reason, if its address fails too often.</returns>
    public Error? CountFailure(HttpContext context) =>
        _failures.TryTake(NetworkOf(context.Connection.RemoteIpAddress)) ? null : Refuse(TooManyFailures, "address");

    /// <summary>One IPv4 address, or the /64 that one IPv6 customer has to itself.</summary>
    private static UInt128 NetworkOf(IPAddress? address)
    {
        if (address is null)
            return UInt128.Zero; // A Unix socket.
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            address.TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            address.TryWriteBytes(bytes, out _);
            bytes[8..].Clear();
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static Error TooMany(string message, TimeSpan retryAfter) => new(ErrorKind.TooMany, "too_many_requests", message) { RetryAfter = retryAfter };

    /// <summary>Counted and not logged: a flood shall not fill the log too.</summary>
    private Error Refuse(Error error, string limit)
    {
        metrics.Limited(limit);
        return error;
    }
}
