using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Partner.Infrastructure.Idempotency;

/// <summary>The answer given under an idempotency key (rules K3 to K7).</summary>
internal sealed class IdempotencyRecord
{
    /// <summary>Hash of installation × operation × key; its uniqueness is what makes a repeat one.</summary>
    public byte[] Scope { get; init; } = [];

    public string InstallationId { get; init; } = "";

    public string Operation { get; init; } = "";

    /// <summary>What was asked for; null once the installation is purged.</summary>
    public byte[]? RequestHash { get; init; }

    public int Status { get; init; }

    public byte[] Body { get; init; } = [];

    /// <summary>The body holds secrets and is stored encrypted.</summary>
    public bool Encrypted { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class IdempotencyRecordConfiguration : IEntityTypeConfiguration<IdempotencyRecord>
{
    public void Configure(EntityTypeBuilder<IdempotencyRecord> builder)
    {
        builder.HasKey(record => record.Scope);
        builder.Property(record => record.Scope).HasMaxLength(32).ValueGeneratedNever();
        builder.Property(record => record.InstallationId).HasMaxLength(128).IsUnicode(false);
        builder.Property(record => record.Operation).HasMaxLength(64).IsUnicode(false);
        builder.Property(record => record.RequestHash).HasMaxLength(32);
        builder.HasIndex(record => record.InstallationId);
        builder.HasIndex(record => record.CreatedAt);
    }
}
