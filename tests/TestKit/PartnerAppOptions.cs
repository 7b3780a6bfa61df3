using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Ports;

namespace Partner.TestKit;

/// <summary>How a test wants its <see cref="PartnerApp"/>; whatever is left alone is as a production service has it.</summary>
public sealed class PartnerAppOptions
{
    /// <summary>Settings by their key: <c>Uninstall:HelpUri</c>. Null takes a setting of the kit away.</summary>
    public IDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);

    public string Environment { get; set; } = "Production";

    /// <summary>
    /// The connection string of a migrated PostgreSQL database in place of a SQLite file of its own; two services on the same one are two
    /// nodes. Their <see cref="PartnerApp.Database"/> is out of use: what is in there is read through <see cref="PartnerApp.Services"/>.
    /// </summary>
    public string? PostgreSql { get; set; }

    /// <summary>Takes the place of the built-in product.</summary>
    public IProduct? Product { get; set; }

    /// <summary>
    /// Lets Hangfire, the outbox and the sweep run by themselves, by the real clock. Otherwise nothing happens in the background
    /// until <see cref="PartnerApp.SettleAsync"/>.
    /// </summary>
    public bool RunsWorkers { get; set; }

    /// <summary>Writes every log line there is, also those that a service of production leaves out.</summary>
    public bool LogsEverything { get; set; }

    /// <summary>Replaces services, after all others are registered.</summary>
    public Action<IServiceCollection>? Services { get; set; }
}
