using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Partner.Infrastructure.Marketplace;

/// <summary>The last good key set of one JWKS address.</summary>
internal sealed class StoredKeySet
{
    public string JwksUri { get; init; } = "";

    public string Json { get; set; } = "";

    public DateTimeOffset FetchedAt { get; set; }
}

internal sealed class StoredKeySetConfiguration : IEntityTypeConfiguration<StoredKeySet>
{
    public void Configure(EntityTypeBuilder<StoredKeySet> builder)
    {
        builder.HasKey(keySet => keySet.JwksUri);
        builder.Property(keySet => keySet.JwksUri).HasMaxLength(400);
        builder.Property(keySet => keySet.Json).HasMaxLength(1_048_576);
    }
}
