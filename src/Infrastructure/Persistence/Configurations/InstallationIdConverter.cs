using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Partner.Domain.Installations;

namespace Partner.Infrastructure.Persistence.Configurations;

internal sealed class InstallationIdConverter() : ValueConverter<InstallationId, string>(id => id.Value, text => InstallationId.From(text));
