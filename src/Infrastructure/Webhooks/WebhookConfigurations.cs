using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Persistence.Configurations;

namespace Partner.Infrastructure.Webhooks;

internal sealed class WebhookEventConfiguration : IEntityTypeConfiguration<WebhookEvent>
{
    public void Configure(EntityTypeBuilder<WebhookEvent> builder)
    {
        builder.ToTable("Webhooks");
        builder.HasKey(webhook => webhook.Id);
        builder.Property(webhook => webhook.Id).ValueGeneratedNever();
        builder.Property(webhook => webhook.IdHash).HasMaxLength(32);
        builder.Property(webhook => webhook.Type).HasMaxLength(WebhookEvent.MaxTypeLength).IsUnicode(false);
        builder.Property(webhook => webhook.AccountHash).HasMaxLength(32);
        builder.HasMany(webhook => webhook.Links).WithOne().HasForeignKey(link => link.WebhookId);
        builder.HasIndex(webhook => webhook.IdHash).IsUnique();
        builder.HasIndex(webhook => webhook.SubjectKey);
        builder.HasIndex(webhook => webhook.NextAttemptAt);
        builder.HasIndex(webhook => webhook.ReceivedAt);
        builder.IsAggregate();
    }
}

internal sealed class WebhookLinkConfiguration : IEntityTypeConfiguration<WebhookLink>
{
    public void Configure(EntityTypeBuilder<WebhookLink> builder)
    {
        builder.ToTable("WebhookLinks");
        builder.HasKey(link => new { link.WebhookId, link.InstallationKey });
        builder.HasIndex(link => link.InstallationKey);
    }
}
