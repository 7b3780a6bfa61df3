using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Partner.Crash.Tests.Databases;
using Partner.Crash.Tests.Recording;

namespace Partner.Crash.Tests.Checking;

/// <summary>I8: what is remembered under an idempotency key, the effect, its audit line: all of them or none.</summary>
internal static class RecordsChecker
{
    private const string Delete = "delete-installation";

    public static IEnumerable<Violation> Check(IReadOnlyList<Life> lives, DatabaseState database)
    {
        var records = database.Records.Where(record => record.Operation == Delete).ToDictionary(record => record.Scope, StringComparer.Ordinal);
        var uninstalls = database.Uninstallations.ToLookup(row => row.InstallationId, StringComparer.Ordinal);
        var sent = new HashSet<string>(StringComparer.Ordinal);
        foreach (var call in lives.SelectMany(life => life.Of(Operation.Uninstall)).Where(attempt => attempt.Sent.Key is not null).GroupBy(attempt => (attempt.Sent.InstallationId, attempt.Sent.Key)))
        {
            var scope = Scope(call.Key.InstallationId, Delete, call.Key.Key!);
            sent.Add(scope);
            foreach (var violation in Check(call.Key.InstallationId, call.Key.Key!, [.. call], records.GetValueOrDefault(scope), uninstalls[call.Key.InstallationId]))
                yield return violation;
        }

        foreach (var record in records.Values.Where(record => !sent.Contains(record.Scope) || !uninstalls.Contains(record.InstallationId)))
            yield return new("I8", $"an answer to a DELETE of {record.InstallationId} is remembered that {(sent.Contains(record.Scope) ? "had no effect" : "nobody asked for")}.");

        foreach (var installation in lives.GroupBy(life => life.InstallationId, StringComparer.Ordinal))
        {
            foreach (var violation in CheckAudit(installation.Key, [.. installation], [.. database.Audit.Where(line => line.InstallationId == installation.Key)], uninstalls[installation.Key].Count()))
                yield return violation;
        }
    }

    private static IEnumerable<Violation> Check(string id, string key, IReadOnlyList<Attempt> attempts, RecordRow? record, IEnumerable<UninstallationRow> uninstalls)
    {
        var successes = attempts.Where(attempt => attempt.Succeeded).ToList();
        if (successes.Select(attempt => attempt.Answer!.Body).Distinct(StringComparer.Ordinal).Count() > 1)
            yield return new("I8", $"the DELETE of {id} under the key {key} had different answers.");
        if (successes.Any(attempt => attempt.Answer!.Replayed) && record is null)
            yield return new("I8", $"the DELETE of {id} under the key {key} was answered with what is remembered, and nothing is.");
        if (record is not null && successes.Any(attempt => attempt.Answer!.Body != record.Body || attempt.Answer.Status != record.Status))
            yield return new("I8", $"the DELETE of {id} under the key {key} was answered with something else than what is remembered.");
        if (record is not null && successes.Count(attempt => !attempt.Answer!.Replayed) > 1)
            yield return new("I8", $"the DELETE of {id} under the key {key} was carried out more than once.");

        // What was answered while the installation was there is remembered; of one that is unknown there is nothing to remember (rule D1).
        foreach (var success in successes.Where(success => record is null && !success.Answer!.Replayed))
        {
            var here = uninstalls.Where(row => row.RequestedAt <= success.Answer!.At && !(row.PurgedAt <= success.Answer.At)).ToList();
            if (here.Count > 0)
                yield return new("I8", $"the DELETE of {id} under the key {key} was answered with success while it was here, and is not remembered.");
        }
    }

    private static IEnumerable<Violation> CheckAudit(string id, IReadOnlyList<Life> lives, IReadOnlyList<AuditRow> audit, int uninstalls)
    {
        var noted = audit.Count(line => line.Outcome == "uninstalling");
        if (noted != uninstalls)
            yield return new("I8", $"{id} has {uninstalls} uninstalls, and {noted} audit lines of one.");
        var installed = audit.Count(line => line.Outcome == "installed");
        if (installed < lives.Count(life => life.WasInstalled) || installed > lives.Count(life => life.Of(Operation.Install).Any()))
            yield return new("I8", $"{id} was installed {lives.Count(life => life.WasInstalled)} times, and has {installed} audit lines of it.");
        var made = lives.Sum(life => life.Resources.Count);
        if (audit.Count(line => line.Outcome == "resource provisioned") < made)
            yield return new("I8", $"{id} was given {made} resources, and the audit knows fewer.");
    }

    /// <summary>As rule K2 has it: installation, operation and key, each with its length in front.</summary>
    private static string Scope(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>For doctored databases.</summary>
    internal static string ScopeOf(string installationId, string key) => Scope(installationId, Delete, key);
}
