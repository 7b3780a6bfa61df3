using System.Text.Json.Serialization;
using FluentValidation;
using MediatR;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Installations;

/// <summary>A customer leaves: <c>DELETE /v1/installations/{installationId}</c>, or the vendor's <c>uninstall ID</c>.</summary>
/// <param name="Cascade"><c>cascadeResourceDeletion</c>: true destroys the resources now (D6), false asks that none be left (D4), null leaves them to the purge (D5).</param>
/// <param name="Reason">Why, if it was said.</param>
public sealed record DeleteInstallationCommand(string InstallationId, bool? Cascade, string? Reason, IReadOnlyList<string> IdempotencyKeys)
    : ICommand<DeleteInstallationResponse>, IRequireRole, IIdempotentCommand, ITransactionalCommand
{
    /// <summary>Longest reason, in characters (rule R1).</summary>
    public const int MaxReasonLength = 4096;

    public const string OperationName = "delete-installation";

    public IReadOnlyList<CallerStyle> AllowedStyles => Callers.UsersAndSystem;

    public bool RequiresAdmin => true;

    public string Operation => OperationName;

    public object Content => new { cascadeResourceDeletion = Cascade, reason = Reason };

    public bool AnswerIsSecret => false;
}

/// <param name="Finalized">True: no invoice will follow, Vercel need not wait. False: Vercel waits up to 24 hours for final invoices.</param>
public sealed record DeleteInstallationResponse(bool Finalized) : ISometimesForgotten, IDecidedByRule
{
    [JsonIgnore]
    public bool IsRemembered => Rule != "D1";

    /// <summary>The rule that decided, for the log and the metrics.</summary>
    [JsonIgnore]
    public string Rule { get; init; } = "";
}

internal sealed class DeleteInstallationValidator : AbstractValidator<DeleteInstallationCommand>
{
    public DeleteInstallationValidator() => RuleFor(command => command.Reason)
        .Must(reason => reason is null || reason.EnumerateRunes().Count() <= DeleteInstallationCommand.MaxReasonLength)
        .OverridePropertyName("reason")
        .WithMessage("Must have at most 4096 characters.");
}

internal sealed class DeleteInstallationHandler(
    IInstallationRepository installations,
    IUninstallationRepository uninstallations,
    UninstallPolicy policy,
    ISecretProtector protector,
    IAuditLog audit,
    ICaller caller,
    TimeProvider time) : IRequestHandler<DeleteInstallationCommand, Outcome<DeleteInstallationResponse>>
{
    public async Task<Outcome<DeleteInstallationResponse>> Handle(DeleteInstallationCommand command, CancellationToken cancellationToken)
    {
        var now = time.Now();
        var id = InstallationId.From(command.InstallationId);
        if (await installations.FindForUninstallAsync(id, cancellationToken) is not var (installation, facts))
            return Answer("D1", finalized: true);
        if (installation.Status == InstallationStatus.Uninstalling)
            return await AnswerAgainAsync(command, installation, cancellationToken);

        var reason = command.Reason is null ? null : protector.Protect(Purposes.Installation(installation.Key), command.Reason);
        var decided = installation.Uninstall(new UninstallRequest(caller.Style, command.Cascade, reason), facts, policy, now);
        if (!decided.IsSuccess)
            return decided.Error;

        var (rule, uninstallation) = decided.Value;
        uninstallations.Add(uninstallation);
        audit.Write(id, rule, "uninstalling", caller.Style);
        return Answer(rule, uninstallation.Finalized);
    }

    /// <summary>D9: what is true now, whatever was asked; the purge time stays.</summary>
    private async Task<Outcome<DeleteInstallationResponse>> AnswerAgainAsync(DeleteInstallationCommand command, Installation installation, CancellationToken cancellationToken)
    {
        // The purge may just have come between: then its commit has removed both, and the answer is D1's.
        if (await uninstallations.FindAsync(installation.Key, cancellationToken) is not { PurgedAt: null } uninstallation)
            return Answer("D1", finalized: true);
        if (command.IdempotencyKeys.Count > 0)
            installation.Touch(); // The record must not slip in behind the purge: this update fails if the row has gone.
        return Answer("D9", uninstallation.Finalized);
    }

    private static DeleteInstallationResponse Answer(string rule, bool finalized) => new(finalized) { Rule = rule };
}
