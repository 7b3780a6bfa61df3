using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Options;
using Partner.Application.Installations;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Uninstallations;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Receipts;
using Partner.Infrastructure.Secrets;

namespace Partner.Api.Commands;

/// <summary>The vendor at a terminal: the same use cases, without a web server.</summary>
internal static class ServiceCommands
{
    private static readonly JsonSerializerOptions Readable = new(PartnerJson.Options) { WriteIndented = true };

    /// <returns>The exit code: 0 done, 1 refused or nothing found.</returns>
    public static async Task<int> RunAsync(IServiceProvider services, CommandLine command)
    {
        // The one section that is used before anybody asks for it: without its file a command would go on as if none were set.
        _ = services.GetRequiredService<IOptions<DataProtectionSettings>>().Value;
        var database = services.GetRequiredService<IDatabaseHealth>();
        if (command.Words is ["migrate"])
        {
            await database.MigrateAsync(CancellationToken.None);
            await Console.Out.WriteLineAsync("The database is up to date.");
            return 0;
        }

        if (await database.CheckAsync(CancellationToken.None) is { } fault)
            throw new StartupException(fault);
        switch (command.Words)
        {
            case ["receipts", "export"]:
                return await ExportReceiptsAsync(services.GetRequiredService<IReceiptRestore>());
            case ["receipts", "apply"]:
                return await ApplyReceiptsAsync(services.GetRequiredService<IReceiptRestore>(), file: null);
            case ["receipts", "apply", var file]:
                return await ApplyReceiptsAsync(services.GetRequiredService<IReceiptRestore>(), file);
        }

        await using var scope = services.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        var id = InstallationId.Parse(command.Words[^1]);
        if (!id.IsSuccess)
            return await RefuseAsync(id.Error);
        return command.Words[0] == "uninstall" ? await UninstallAsync(mediator, id.Value) : await ShowReceiptsAsync(mediator, id.Value);
    }

    private static async Task<int> UninstallAsync(IMediator mediator, InstallationId id)
    {
        var outcome = await mediator.Send(new DeleteInstallationCommand(id.Value, Cascade: null, Reason: null, IdempotencyKeys: []));
        if (!outcome.IsSuccess)
            return await RefuseAsync(outcome.Error);
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(outcome.Value, Readable));
        if (outcome.Value!.IsRemembered)
            return 0;
        await Console.Error.WriteLineAsync($"There is no installation {id} here: nothing was changed.");
        return 1;
    }

    private static async Task<int> ShowReceiptsAsync(IMediator mediator, InstallationId id)
    {
        var outcome = await mediator.Send(new GetReceiptsQuery(id.Value));
        if (!outcome.IsSuccess)
            return await RefuseAsync(outcome.Error);
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(outcome.Value, Readable));
        if (outcome.Value!.Count > 0)
            return 0;
        await Console.Error.WriteLineAsync($"No installation {id} has been purged here.");
        return 1;
    }

    private static async Task<int> ExportReceiptsAsync(IReceiptRestore receipts)
    {
        await using var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024);
        await foreach (var line in receipts.ExportAsync(CancellationToken.None))
        {
            await output.WriteAsync(line);
            output.WriteByte((byte)'\n');
        }

        return 0;
    }

    private static async Task<int> ApplyReceiptsAsync(IReceiptRestore receipts, string? file)
    {
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(await receipts.ApplyAsync(file, CancellationToken.None), Readable));
        return 0;
    }

    private static async Task<int> RefuseAsync(Error error)
    {
        await Console.Error.WriteLineAsync($"{error.Code}: {error.UserMessage ?? error.Message}{string.Concat(error.Fields.Select(field => $" {field.Key}: {field.Message}"))}");
        return 1;
    }
}

/// <summary>The vendor acts as the system, on the one installation that the command names.</summary>
internal sealed class ConsoleCaller(CommandLine command) : ICaller
{
    public CallerStyle Style => CallerStyle.System;

    public string? InstallationId => command.Words[^1];

    public string AccountId => "";

    public string? UserRole => null;
}
