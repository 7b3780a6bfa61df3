using System.Globalization;

namespace Partner.VercelSimulator.Commands;

/// <summary>One option of a command; without a value name it is a switch.</summary>
internal sealed record Option(string Name, string? Value, string Help);

/// <summary>The options of one command line: <c>--name value</c>, <c>--name=value</c> or a switch.</summary>
internal sealed class Options
{
    private readonly List<KeyValuePair<string, string>> _values = [];

    private Options()
    {
    }

    public static Options Parse(IReadOnlyList<string> arguments, IReadOnlyList<Option> known)
    {
        var options = new Options();
        for (var at = 0; at < arguments.Count; at++)
        {
            var (name, value) = Split(arguments[at]);
            var option = known.FirstOrDefault(candidate => candidate.Name == name)
                ?? throw new UsageException($"Unknown argument '{arguments[at]}'. Known are: {string.Join(", ", known.Select(one => one.Name))}.");
            if (option.Value is null)
            {
                if (value is not null)
                    throw new UsageException($"{name} takes no value.");
                value = "";
            }
            else if (value is null)
            {
                if (++at == arguments.Count)
                    throw new UsageException($"{name} wants a value: {name} {option.Value}.");
                value = arguments[at];
            }
            options._values.Add(KeyValuePair.Create(name, value));
        }
        return options;
    }

    public bool Has(string name) => _values.Exists(pair => pair.Key == name);

    public string? Text(string name) => _values.FindLast(pair => pair.Key == name).Value;

    public IReadOnlyList<string> Texts(string name) => [.. _values.Where(pair => pair.Key == name).Select(pair => pair.Value)];

    public string Text(string name, string otherwise) => Text(name) ?? otherwise;

    public bool? Boolean(string name) => Text(name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var other => throw new UsageException($"{name} is true or false, not '{other}'."),
    };

    public int Port(string name, int otherwise) => Text(name) switch
    {
        null => otherwise,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 0 and <= 65535 => port,
        var other => throw new UsageException($"{name} is a port from 0 (any free one) to 65535, not '{other}'."),
    };

    public Uri Url(string name, string otherwise) =>
        Uri.TryCreate(Text(name, otherwise), UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
            ? uri
            : throw new UsageException($"{name} is an address such as {otherwise}, not '{Text(name)}'.");

    private static (string Name, string? Value) Split(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 || !argument.StartsWith("--", StringComparison.Ordinal)
            ? (argument, null)
            : (argument[..equals], argument[(equals + 1)..]);
    }
}
