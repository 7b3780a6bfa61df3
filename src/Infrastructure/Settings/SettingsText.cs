using System.ComponentModel;
using System.Globalization;

namespace Partner.Infrastructure.Settings;

/// <summary>A setting as it was written, before .NET makes a value of it.</summary>
internal static class SettingsText
{
    /// <returns>What is wrong with the text, to be put behind it: it cannot be read, or is a duration that .NET reads as nobody means it; else null.</returns>
    public static string? Fault(Type type, string text)
    {
        var kind = Nullable.GetUnderlyingType(type) ?? type;
        if (!kind.IsValueType)
            return null; // Texts, lists and classes: nothing that could fail.
        return Read(kind, text) switch
        {
            null => $": it must be {Good(kind)}.",
            TimeSpan duration when IsSurprising(text, duration) => $", which would be read as {InDays(duration)}: it must be {Good(kind)}.",
            _ => null,
        };
    }

    /// <summary>As the binder of the configuration does.</summary>
    private static object? Read(Type type, string text)
    {
        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Without a day written, <c>24</c> and <c>24:00:00</c> are 24 days to .NET, and 24 hours to everybody else.</summary>
    private static bool IsSurprising(string text, TimeSpan duration) =>
        duration.Days != 0 && text.Count(character => character == ':') < 3 && !text.Split(':')[0].Contains('.', StringComparison.Ordinal);

    private static string InDays(TimeSpan duration) => duration == TimeSpan.FromDays(duration.Days)
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.Days} days")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.Days} days and {duration.Subtract(TimeSpan.FromDays(duration.Days)):c}");

    private static string Good(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "'true' or 'false'",
        TypeCode.Int32 => "a whole number, for example '4'",
        _ when type == typeof(TimeSpan) => "a time as days.hours:minutes:seconds, for example '1.00:00:00' for a day or '00:00:10' for ten seconds",
        _ => $"a value of {type.Name}",
    };
}
