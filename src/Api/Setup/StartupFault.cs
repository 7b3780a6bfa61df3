using System.Text.Json;
using Microsoft.Extensions.Options;
using Partner.Infrastructure.Persistence;

namespace Partner.Api.Setup;

/// <summary>Says why the service does not start, to whoever starts it.</summary>
internal static partial class StartupFault
{
    /// <summary>In a sentence, or, where there is none for it, with all that is known of it.</summary>
    public static async Task TellAsync(Exception exception)
    {
        var fault = Describe(exception);
        if (fault is null)
        {
            // A logger of its own, for the service's may be what is broken; its end writes out what it has.
            using (var factory = LoggerFactory.Create(logging => logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)))
            {
                var logger = factory.CreateLogger(typeof(StartupFault));
                Log.Defect(logger, exception);
            }

            fault = $"The program has ended by a fault that it does not expect, {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")} Where it happened stands above.";
        }

        await Console.Error.WriteLineAsync(fault);
    }

    /// <returns>A sentence per fault, each on a line of its own; null if the fault lies neither in the settings nor in what they name.</returns>
    public static string? Describe(Exception exception) => exception switch
    {
        StartupException => exception.Message,
        OptionsValidationException invalid => string.Join(Environment.NewLine, invalid.Failures),
        // A command's handler that needs the setting; the mediator says no more than that it could not be made.
        InvalidOperationException { InnerException: OptionsValidationException invalid } => Describe(invalid),
        // Faults in several sections come together, and a section that others depend on comes with each of them.
        AggregateException several => Flatten(several) is { Count: > 0 } failures ? string.Join(Environment.NewLine, failures) : null,
        // A settings file. Its text may hold secrets: only the line is told.
        InvalidDataException { InnerException.InnerException: JsonException broken } => $"{exception.Message} It is not valid JSON in line {broken.LineNumber + 1}.",
        InvalidDataException { InnerException: FormatException duplicate } => $"{exception.Message} {duplicate.Message}",
        FormatException when exception.Message.StartsWith("Invalid url", StringComparison.Ordinal) => $"An address to listen on (ASPNETCORE_URLS, or Kestrel:Endpoints) cannot be read. {exception.Message}: it must be an address, for example 'http://localhost:5000'.",
        InvalidOperationException when IsOf("Microsoft.Extensions.Logging", exception) => $"Logging cannot be set up as its settings say: {exception.Message.ReplaceLineEndings(" ")} A level is 'Trace', 'Debug', 'Information', 'Warning', 'Error', 'Critical' or 'None', for example Logging:LogLevel:Default=Information.",
        _ => DatabaseFault.Describe(exception),
    };

    /// <summary>Whether it came out of a part of .NET that reads settings of its own, which no class of ours checks.</summary>
    public static bool IsOf(string part, Exception exception) => exception is not OperationCanceledException && exception.StackTrace?.Contains($" {part}.", StringComparison.Ordinal) == true;

    private static List<string> Flatten(AggregateException several) => several.Flatten().InnerExceptions is var all && all.All(inner => inner is OptionsValidationException)
        ? [.. all.Cast<OptionsValidationException>().SelectMany(invalid => invalid.Failures).Distinct(StringComparer.Ordinal)]
        : [];

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Critical, Message = "The program ends by a fault that it does not expect")]
        public static partial void Defect(ILogger logger, Exception exception);
    }
}
