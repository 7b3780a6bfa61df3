using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;

namespace Partner.Infrastructure.Persistence;

/// <summary>Who did what by which rule; stays after the purge and holds nothing personal.</summary>
internal sealed class AuditEntry
{
    public Guid Id { get; init; }

    public DateTimeOffset At { get; init; }

    public InstallationId InstallationId { get; init; }

    public string Rule { get; init; } = "";

    public string Outcome { get; init; } = "";

    public CallerStyle Style { get; init; }

    public string TraceId { get; init; } = "";
}

internal sealed class AuditEntryConfiguration : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> builder)
    {
        builder.ToTable("Audit");
        builder.Property(entry => entry.Id).ValueGeneratedNever();
        builder.Property(entry => entry.Rule).HasMaxLength(8).IsUnicode(false);
        builder.Property(entry => entry.Outcome).HasMaxLength(64).IsUnicode(false);
        builder.Property(entry => entry.TraceId).HasMaxLength(64).IsUnicode(false);
        builder.HasIndex(entry => entry.InstallationId);
    }
}
