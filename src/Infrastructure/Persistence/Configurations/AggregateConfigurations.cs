using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Partner.Domain.Billing;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Domain.Transfers;
using Partner.Domain.Uninstallations;

namespace Partner.Infrastructure.Persistence.Configurations;

// No foreign keys between them: the purge takes the installation's row first, as its lock, and the rest after it.

internal sealed class InstallationConfiguration : IEntityTypeConfiguration<Installation>
{
    public void Configure(EntityTypeBuilder<Installation> builder)
    {
        builder.HasKey(installation => installation.Key);
        builder.HasIndex(installation => installation.Id).IsUnique();
        builder.Property(installation => installation.Key).ValueGeneratedNever();
        builder.Property(installation => installation.AccountHash).HasMaxLength(32);
        builder.IsAggregate();
    }
}

internal sealed class ResourceConfiguration : IEntityTypeConfiguration<Resource>
{
    public void Configure(EntityTypeBuilder<Resource> builder)
    {
        builder.HasKey(resource => resource.Id);
        builder.Property(resource => resource.Id).HasMaxLength(128).IsUnicode(false);
        builder.Property(resource => resource.ProductId).HasMaxLength(128);
        builder.Property(resource => resource.BillingPlanId).HasMaxLength(128);
        builder.Property(resource => resource.LastError).HasMaxLength(256);
        builder.Property(resource => resource.RequestScope).HasMaxLength(32);
        builder.Property(resource => resource.RequestHash).HasMaxLength(32);
        builder.HasIndex(resource => resource.InstallationKey);
        builder.HasIndex(resource => resource.RequestScope).IsUnique();
        builder.HasIndex(resource => resource.NextRunAt);
        builder.IsAggregate();
    }
}

internal sealed class UninstallationConfiguration : IEntityTypeConfiguration<Uninstallation>
{
    public void Configure(EntityTypeBuilder<Uninstallation> builder)
    {
        builder.HasKey(uninstallation => uninstallation.Id);
        builder.Property(uninstallation => uninstallation.Id).ValueGeneratedNever();
        builder.Property(uninstallation => uninstallation.LastError).HasMaxLength(256);
        builder.HasIndex(uninstallation => uninstallation.InstallationKey).IsUnique();
        builder.HasIndex(uninstallation => uninstallation.InstallationId);
        builder.HasIndex(uninstallation => uninstallation.NextRunAt);
        builder.HasIndex(uninstallation => uninstallation.LeaseToken);
        // What is still to be journalled, and nothing of the receipts that are. Quoted as the standard has it, which every provider reads.
        builder.HasIndex(uninstallation => uninstallation.PurgedAt).HasFilter("\"PurgedAt\" IS NOT NULL AND \"JournaledAt\" IS NULL");
        builder.IsAggregate();
    }
}

internal sealed class InvoiceConfiguration : IEntityTypeConfiguration<Invoice>
{
    public void Configure(EntityTypeBuilder<Invoice> builder)
    {
        builder.HasKey(invoice => invoice.Id);
        builder.Property(invoice => invoice.Id).HasMaxLength(128).IsUnicode(false);
        builder.HasIndex(invoice => invoice.InstallationKey);
    }
}

internal sealed class ResourceTransferConfiguration : IEntityTypeConfiguration<ResourceTransfer>
{
    public void Configure(EntityTypeBuilder<ResourceTransfer> builder)
    {
        builder.HasKey(transfer => transfer.ClaimId);
        builder.Property(transfer => transfer.ClaimId).HasMaxLength(128).IsUnicode(false);
        builder.HasIndex(transfer => transfer.InstallationKey);
    }
}

internal static class AggregateConfiguration
{
    /// <summary>Versioned by us, the same on every provider.</summary>
    public static void IsAggregate<T>(this EntityTypeBuilder<T> builder)
        where T : AggregateRoot
    {
        builder.Property(aggregate => aggregate.Version).IsConcurrencyToken();
        builder.Ignore(aggregate => aggregate.Events);
    }
}
