using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Partner.Infrastructure.Outbox;

/// <summary>An event that has happened and must still be acted on; written with the change that raised it.</summary>
internal sealed class OutboxMessage
{
    public Guid Id { get; init; }

    public Guid InstallationKey { get; init; }

    /// <summary>The event's frozen name, see <see cref="OutboxEvents"/>.</summary>
    public string Type { get; init; } = "";

    /// <summary>The event as JSON: ids and times.</summary>
    public string Payload { get; init; } = "";

    public DateTimeOffset OccurredAt { get; init; }

    public int Attempts { get; set; }

    public DateTimeOffset NextAttemptAt { get; set; }
}

internal sealed class OutboxMessageConfiguration : IEntityTypeConfiguration<OutboxMessage>
{
    public void Configure(EntityTypeBuilder<OutboxMessage> builder)
    {
        builder.ToTable("Outbox");
        builder.Property(message => message.Id).ValueGeneratedNever();
        builder.Property(message => message.Type).HasMaxLength(64).IsUnicode(false);
        builder.Property(message => message.Payload).HasMaxLength(1024);
        builder.HasIndex(message => message.InstallationKey);
        builder.HasIndex(message => message.NextAttemptAt);
    }
}
