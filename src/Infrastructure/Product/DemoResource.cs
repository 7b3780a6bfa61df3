using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Partner.Infrastructure.Product;

/// <summary>What the built-in demonstration product has of a resource: the hash of its key.</summary>
internal sealed class DemoResource
{
    public string ResourceId { get; init; } = "";

    public Guid InstallationKey { get; init; }

    public byte[] KeyHash { get; set; } = [];
}

internal sealed class DemoResourceConfiguration : IEntityTypeConfiguration<DemoResource>
{
    public void Configure(EntityTypeBuilder<DemoResource> builder)
    {
        builder.HasKey(resource => resource.ResourceId);
        builder.Property(resource => resource.ResourceId).HasMaxLength(128).IsUnicode(false);
        builder.Property(resource => resource.KeyHash).HasMaxLength(32);
        builder.HasIndex(resource => resource.InstallationKey);
    }
}
