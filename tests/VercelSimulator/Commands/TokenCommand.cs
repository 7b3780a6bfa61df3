namespace Partner.VercelSimulator.Commands;

/// <summary>Prints a token and nothing else, for curl.</summary>
internal sealed class TokenCommand : Command
{
    public static readonly IReadOnlyList<Option> Who =
    [
        new("--installation", "ID", $"the installation (default {VercelDefaults.InstallationId})"),
        new("--user", null, "in a person's name (the default)"),
        new("--system", null, "in Vercel's own name"),
        new("--role", "ADMIN|USER", "the person's role (default ADMIN)"),
        new("--account", "ID", "the account (default: one that depends on the installation alone)"),
        new("--audience", "ID", $"the integration id (default {VercelDefaults.IntegrationId})"),
    ];

    public override string Name => "token";

    public override string Summary => "Prints a bearer token, for curl.";

    public override IReadOnlyList<Option> Options => Who;

    public override Task<int> RunAsync(Options options, CancellationToken cancellationToken)
    {
        using var keys = VercelKeys.Development();
        var tokens = new VercelTokens(keys) { Audience = options.Text("--audience", VercelDefaults.IntegrationId) };
        var identity = Identity(options) ?? VercelIdentity.Admin;
        Console.WriteLine(identity.Token(tokens, options.Text("--installation", VercelDefaults.InstallationId)));
        return Task.FromResult(0);
    }

    /// <summary>Null leaves each call its own usual identity.</summary>
    public static VercelIdentity? Identity(Options options)
    {
        if (options.Has("--user") && options.Has("--system"))
            throw new UsageException("Either --user or --system.");
        if (options.Has("--system") && options.Has("--role"))
            throw new UsageException("--role is a person's; --system has none.");
        var account = options.Text("--account");
        if (options.Has("--system"))
            return VercelIdentity.System with { AccountId = account };
        if (!options.Has("--user") && !options.Has("--role") && account is null)
            return null;
        return options.Text("--role", "ADMIN") switch
        {
            "ADMIN" => VercelIdentity.Admin with { AccountId = account },
            "USER" => VercelIdentity.ReadOnly with { AccountId = account },
            var other => throw new UsageException($"--role is ADMIN or USER, not '{other}'."),
        };
    }
}
