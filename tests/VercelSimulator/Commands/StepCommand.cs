namespace Partner.VercelSimulator.Commands;

/// <summary>One call to a service that runs, as Vercel makes it, with the key that a service in Development trusts.</summary>
internal abstract class StepCommand : Command
{
    private const string DefaultUrl = "http://localhost:5000";

    protected static readonly IReadOnlyList<Option> WhereAndWho =
    [
        new("--url", "URL", $"the service (default {DefaultUrl})"),
        .. TokenCommand.Who,
    ];

    protected static readonly Option Key = new("--key", "TEXT", "the Idempotency-Key (default: none)");

    public override async Task<int> RunAsync(Options options, CancellationToken cancellationToken)
    {
        var url = options.Url("--url", DefaultUrl);
        var audience = options.Text("--audience", VercelDefaults.IntegrationId);
        using var keys = VercelKeys.Development();
        using var http = new HttpClient { BaseAddress = url };
        var caller = new VercelCaller(http, new VercelTokens(keys) { Audience = audience })
        {
            ClientSecret = options.Text("--secret", VercelDefaults.ClientSecret),
        };
        Exchange exchange;
        try
        {
            exchange = await CallAsync(caller, options, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            await Console.Error.WriteLineAsync(
                $"{exception.Message}\nNo service answers at {url}. Start it (dotnet run --project src/Api), or name it with --url.");
            return 1;
        }
        Terminal.Standard().Show(exchange);
        return exchange.IsSuccess ? 0 : 1;
    }

    protected static string Installation(Options options) => options.Text("--installation", VercelDefaults.InstallationId);

    protected abstract Task<Exchange> CallAsync(VercelCaller caller, Options options, CancellationToken cancellationToken);
}

internal sealed class InstallCommand : StepCommand
{
    public override string Name => "install";

    public override string Summary => "PUT installation: the customer accepted the terms.";

    public override IReadOnlyList<Option> Options { get; } =
        [.. WhereAndWho, Key, new("--name", "TEXT", "the account's name")];

    protected override Task<Exchange> CallAsync(VercelCaller caller, Options options, CancellationToken cancellationToken)
    {
        var request = new InstallRequest();
        if (options.Text("--name") is { } name)
            request = request with { AccountName = name };
        return caller.InstallAsync(Installation(options), request, options.Text("--key"), TokenCommand.Identity(options), cancellationToken);
    }
}

internal sealed class ProvisionCommand : StepCommand
{
    public override string Name => "provision";

    public override string Summary => "POST resource: the customer takes a product.";

    public override IReadOnlyList<Option> Options { get; } =
    [
        .. WhereAndWho,
        Key,
        new("--product", "ID", "the product (default demo)"),
        new("--plan", "ID", "the billing plan (default pro)"),
        new("--name", "TEXT", "the resource's name (default main)"),
    ];

    protected override Task<Exchange> CallAsync(VercelCaller caller, Options options, CancellationToken cancellationToken) =>
        caller.ProvisionAsync(
            Installation(options),
            options.Text("--name", "main"),
            options.Text("--plan", "pro"),
            options.Text("--product", "demo"),
            idempotencyKey: options.Text("--key"),
            by: TokenCommand.Identity(options),
            cancellationToken: cancellationToken);
}

internal sealed class UninstallCommand : StepCommand
{
    public override string Name => "uninstall";

    public override string Summary => "DELETE installation: the customer uninstalls.";

    public override IReadOnlyList<Option> Options { get; } =
    [
        .. WhereAndWho,
        Key,
        new("--cascade", "true|false", "cascadeResourceDeletion (default: not sent)"),
        new("--reason", "TEXT", "the reason (default: not sent)"),
    ];

    protected override Task<Exchange> CallAsync(VercelCaller caller, Options options, CancellationToken cancellationToken) =>
        caller.UninstallAsync(
            Installation(options),
            options.Boolean("--cascade"),
            options.Text("--reason"),
            options.Text("--key"),
            TokenCommand.Identity(options),
            cancellationToken);
}
