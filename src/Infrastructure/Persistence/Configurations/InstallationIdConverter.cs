using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Partner.Domain.Installations;

namespace Partner.Infrastructure.Persistence.Configurations;

/// <remarks>The empty text stands for the struct's default, which no row holds: a compiled model writes it down as the value of "not set".</remarks>
internal sealed class InstallationIdConverter() : ValueConverter<InstallationId, string>(id => id.Value ?? "", text => text.Length == 0 ? default : InstallationId.From(text));
