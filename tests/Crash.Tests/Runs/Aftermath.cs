using System.Globalization;
using Partner.Crash.Host;
using Partner.Crash.Tests.Checking;
using Partner.Crash.Tests.Databases;

namespace Partner.Crash.Tests.Runs;

/// <summary>What the database must look like right after a death at a point; else the point is not where its name says.</summary>
internal static class Aftermath
{
    /// <param name="about">Ids of the uninstalls, or of the resource, that the point was reached with.</param>
    /// <param name="earlier">As it was after the death before.</param>
    /// <param name="alone">No other node can have gone on meanwhile.</param>
    public static IEnumerable<Violation> Check(string point, IReadOnlyList<string> about, DatabaseState? earlier, DatabaseState database, bool alone)
    {
        if (about.Count == 0)
            yield return new Violation(point, "it was reached with nothing.");
        foreach (var id in about)
        {
            if (!Holds(point, id, earlier, database, alone))
                yield return new Violation(point, $"right after it the database is not as it must be for {id}.");
        }
    }

    private static bool Holds(string point, string id, DatabaseState? earlier, DatabaseState database, bool alone)
    {
        if (point is Points.BeforeProduct or Points.AfterProduct)
        {
            // One whose first call a death has cut short is provisioned again, and then the product has it already.
            var made = point == Points.AfterProduct || (earlier?.DemoResources.Any(demo => demo.ResourceId == id) ?? false);
            return database.Resources.Any(resource => resource.Id == id && resource.Status == "Provisioning") && database.DemoResources.Any(demo => demo.ResourceId == id) == made;
        }

        var row = database.Uninstallations.SingleOrDefault(uninstallation => uninstallation.Id == Guid.Parse(id, CultureInfo.InvariantCulture));
        var isHere = row is not null && database.Installations.Any(installation => installation.Key == row.InstallationKey);
        return point switch
        {
            Points.BeforeTransaction or Points.BeforeCommit => row is null,
            Points.BeforeAnswer => row is not null,
            // A worker of the same process may have been quicker, and its purge takes the event along.
            Points.BeforeAlarm or Points.AfterAlarm => row is not null && (!alone || row.PurgedAt is not null || database.Outbox.Any(message => message.InstallationKey == row.InstallationKey)),
            Points.AfterClaim or Points.InPurge => row is { PurgedAt: null, LeaseToken: not null } && isHere,
            Points.BeforeAcknowledgement or Points.BeforeScrub => row is { PurgedAt: not null } && !isHere,
            _ => false,
        };
    }
}
