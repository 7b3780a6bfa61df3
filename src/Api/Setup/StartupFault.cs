using System.Data.Common;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Partner.Infrastructure.Persistence;

namespace Partner.Api.Setup;

/// <summary>Says why the service does not start, to whoever starts it.</summary>
internal static partial class StartupFault
{
    /// <returns>A sentence per fault, each on a line of its own; null if the fault lies neither in the settings nor in what they name.</returns>
    public static string? Describe(Exception exception) => exception switch
    {
        StartupException => exception.Message,
        OptionsValidationException invalid => string.Join(Environment.NewLine, invalid.Failures),
        // Faults in several sections come together, and a section that others depend on comes with each of them.
        AggregateException several => Flatten(several) is { Count: > 0 } failures ? string.Join(Environment.NewLine, failures) : null,
        InvalidOperationException => Unreadable(exception.Message),
        IOException { InnerException: AddressInUseException } => $"{exception.Message} Another program has it: end that one, or set another address, for example ASPNETCORE_URLS=http://localhost:5001.",
        // A settings file. Its text may hold secrets: only the line is told.
        InvalidDataException { InnerException.InnerException: JsonException broken } => $"{exception.Message} It is not valid JSON in line {broken.LineNumber + 1}.",
        FormatException when exception.Message.StartsWith("Invalid url", StringComparison.Ordinal) => $"ASPNETCORE_URLS cannot be read. {exception.Message}: it must be an address, for example 'http://localhost:5000'.",
        DbException or TimeoutException => $"The database that ConnectionStrings:Partner names cannot be used at present: {exception.Message}",
        _ => null,
    };

    private static List<string> Flatten(AggregateException several) => several.Flatten().InnerExceptions is var all && all.All(inner => inner is OptionsValidationException)
        ? [.. all.Cast<OptionsValidationException>().SelectMany(invalid => invalid.Failures).Distinct(StringComparer.Ordinal)]
        : [];

    private static string? Unreadable(string message) => NotConverted().Match(message) is { Success: true } match
        ? $"{match.Groups["key"].Value} is '{match.Groups["value"].Value}': it must be {Kind(match.Groups["type"].Value)}."
        : null;

    private static string Kind(string type) => type switch
    {
        "System.TimeSpan" => "a time as days.hours:minutes:seconds, for example '1.00:00:00' or '00:00:10'",
        "System.Boolean" => "'true' or 'false'",
        "System.Int32" => "a whole number, for example '4'",
        _ => $"a value of {type}",
    };

    /// <summary>How the configuration's binder says it.</summary>
    [GeneratedRegex("^Failed to convert configuration value '(?<value>.*)' at '(?<key>[^']+)' to type '(?<type>[^']+)'", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 100)]
    private static partial Regex NotConverted();
}
