using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Partner.Infrastructure.Persistence;

namespace Partner.Api.Setup;

/// <summary>Says why the service does not start, to whoever starts it.</summary>
internal static class StartupFault
{
    /// <returns>A sentence per fault, each on a line of its own; null if the fault lies neither in the settings nor in what they name.</returns>
    public static string? Describe(Exception exception) => exception switch
    {
        StartupException => exception.Message,
        OptionsValidationException invalid => string.Join(Environment.NewLine, invalid.Failures),
        // A command's handler that needs the setting; the mediator says no more than that it could not be made.
        InvalidOperationException { InnerException: OptionsValidationException invalid } => Describe(invalid),
        // Faults in several sections come together, and a section that others depend on comes with each of them.
        AggregateException several => Flatten(several) is { Count: > 0 } failures ? string.Join(Environment.NewLine, failures) : null,
        IOException { InnerException: AddressInUseException } => $"{exception.Message} Another program has it: end that one, or set another address, for example ASPNETCORE_URLS=http://localhost:5001.",
        // A settings file. Its text may hold secrets: only the line is told.
        InvalidDataException { InnerException.InnerException: JsonException broken } => $"{exception.Message} It is not valid JSON in line {broken.LineNumber + 1}.",
        FormatException when exception.Message.StartsWith("Invalid url", StringComparison.Ordinal) => $"ASPNETCORE_URLS cannot be read. {exception.Message}: it must be an address, for example 'http://localhost:5000'.",
        _ => DatabaseFault.Describe(exception),
    };

    private static List<string> Flatten(AggregateException several) => several.Flatten().InnerExceptions is var all && all.All(inner => inner is OptionsValidationException)
        ? [.. all.Cast<OptionsValidationException>().SelectMany(invalid => invalid.Failures).Distinct(StringComparer.Ordinal)]
        : [];
}
