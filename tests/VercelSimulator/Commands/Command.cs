namespace Partner.VercelSimulator.Commands;

/// <summary>One command of the program.</summary>
internal abstract class Command
{
    public abstract string Name { get; }

    /// <summary>One line for the list of commands.</summary>
    public abstract string Summary { get; }

    public abstract IReadOnlyList<Option> Options { get; }

    /// <summary>The exit code: 0 if all went well, 1 if not.</summary>
    public abstract Task<int> RunAsync(Options options, CancellationToken cancellationToken);

    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (arguments.Any(argument => argument is "--help" or "-h"))
        {
            await Console.Out.WriteAsync(Help());
            return 0;
        }
        return await RunAsync(Commands.Options.Parse(arguments, Options), cancellationToken);
    }

    private string Help()
    {
        var rows = Options.Select(option => (Left: $"  {option.Name} {option.Value}".TrimEnd(), option.Help)).ToList();
        var width = rows.Count == 0 ? 0 : rows.Max(row => row.Left.Length) + 2;
        var lines = rows.Select(row => row.Left.PadRight(width) + row.Help + "\n");
        return $"{Name}: {Summary}\n\n{string.Concat(lines)}";
    }
}
