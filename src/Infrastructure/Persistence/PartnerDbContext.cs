using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Partner.Domain.Billing;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.Transfers;
using Partner.Domain.Uninstallations;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Idempotency;
using Partner.Infrastructure.Marketplace;
using Partner.Infrastructure.Outbox;
using Partner.Infrastructure.Product;

namespace Partner.Infrastructure.Persistence;

/// <summary>The whole model; each provider derives its own context, with its own migrations.</summary>
internal abstract class PartnerDbContext(DbContextOptions options) : DbContext(options), IDataProtectionKeyContext
{
    public DbSet<Installation> Installations => Set<Installation>();

    public DbSet<Resource> Resources => Set<Resource>();

    public DbSet<Uninstallation> Uninstallations => Set<Uninstallation>();

    public DbSet<Invoice> Invoices => Set<Invoice>();

    public DbSet<ResourceTransfer> Transfers => Set<ResourceTransfer>();

    public DbSet<WebhookEvent> Webhooks => Set<WebhookEvent>();

    public DbSet<WebhookLink> WebhookLinks => Set<WebhookLink>();

    public DbSet<IdempotencyRecord> IdempotencyRecords => Set<IdempotencyRecord>();

    public DbSet<OutboxMessage> Outbox => Set<OutboxMessage>();

    public DbSet<AuditEntry> Audit => Set<AuditEntry>();

    public DbSet<StoredKeySet> KeySets => Set<StoredKeySet>();

    public DbSet<DemoResource> DemoResources => Set<DemoResource>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <summary>Its writes yield to those of requests.</summary>
    public bool IsBackground { get; set; }

    /// <summary>Versions are raised, events are in the outbox, and every change is known: nothing more is looked for until this is false again.</summary>
    public bool IsPrepared
    {
        get;
        set
        {
            field = value;
            ChangeTracker.AutoDetectChangesEnabled = !value;
        }
    }

    /// <summary>Set-based statements of the present unit of work; they run in its transaction, before its other changes are saved.</summary>
    public List<Func<CancellationToken, Task>> Statements { get; } = [];

    public bool HasWork => Statements.Count > 0 || ChangeTracker.HasChanges();

    /// <summary>Asks for the names of the tables that are there.</summary>
    public abstract string TablesQuery { get; }

    /// <summary>Where several processes may migrate at once and the provider does not see to it: waits until nobody else does.</summary>
    /// <returns>The turn, given back at dispose; null if none is needed.</returns>
    public virtual Task<IAsyncDisposable?> TakeMigratorsTurnAsync(CancellationToken cancellationToken) => Task.FromResult<IAsyncDisposable?>(null);

    /// <summary>Somebody else has written the same unique value meanwhile.</summary>
    public abstract bool IsUniqueViolation(Exception exception);

    /// <summary>Somebody else holds what was to be read or written, for longer than the server lets a caller wait; never where there is no other.</summary>
    public virtual bool IsLockTimeout(Exception exception) => false;

    /// <summary>Nothing of an earlier unit of work is left: neither what it read nor what it was about to write.</summary>
    public virtual void Forget()
    {
        ChangeTracker.Clear();
        Statements.Clear();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.ApplyConfigurationsFromAssembly(typeof(PartnerDbContext).Assembly);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<InstallationId>().HaveConversion<Configurations.InstallationIdConverter>().HaveMaxLength(InstallationId.MaxLength).AreUnicode(false);
        configurationBuilder.Properties<Enum>().HaveConversion<string>().HaveMaxLength(32).AreUnicode(false);
    }
}
