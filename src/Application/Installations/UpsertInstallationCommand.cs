using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation;
using MediatR;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Installations;

public sealed record AccountContact(string? Email, string? Name);

public sealed record AccountInfo(string? Name, string? Url, AccountContact? Contact);

/// <param name="AccessToken">Vercel's token for calls about this installation.</param>
public sealed record InstallationCredentials([property: JsonPropertyName("access_token")] string? AccessToken, [property: JsonPropertyName("token_type")] string? TokenType);

/// <summary>A customer installs, or Vercel tells us anew: <c>PUT /v1/installations/{installationId}</c>.</summary>
public sealed record UpsertInstallationCommand(
    string InstallationId,
    IReadOnlyList<string?>? Scopes,
    IReadOnlyDictionary<string, string?>? AcceptedPolicies,
    InstallationCredentials? Credentials,
    AccountInfo? Account,
    IReadOnlyList<string> IdempotencyKeys)
    : ICommand<InstallationResponse>, IRequireRole, IIdempotentCommand, ITransactionalCommand
{
    public IReadOnlyList<CallerStyle> AllowedStyles => Callers.Users;

    public bool RequiresAdmin => true;

    public string Operation => "upsert-installation";

    public object Content => new { Scopes, AcceptedPolicies, Credentials, Account };

    public bool AnswerIsSecret => false;
}

internal sealed class UpsertInstallationValidator : AbstractValidator<UpsertInstallationCommand>
{
    public UpsertInstallationValidator()
    {
        RuleFor(command => command.Scopes).Must(scopes => scopes is { Count: > 0 } && scopes.All(scope => !string.IsNullOrEmpty(scope))).OverridePropertyName("scopes").WithMessage("Must be a list of at least one scope.");
        RuleFor(command => command.AcceptedPolicies).NotNull().OverridePropertyName("acceptedPolicies").WithMessage("Must be an object of policy ids and times.");
        RuleFor(command => command.Credentials!.AccessToken).NotEmpty().When(command => command.Credentials is not null).OverridePropertyName("credentials.access_token").WithMessage("Must be the installation's access token.");
        RuleFor(command => command.Credentials).NotNull().OverridePropertyName("credentials").WithMessage("Must be an object with access_token and token_type.");
        RuleFor(command => command.Account).NotNull().OverridePropertyName("account").WithMessage("Must be an object with url and contact.");
        RuleFor(command => command.Account!.Url).NotEmpty().When(command => command.Account is not null).OverridePropertyName("account.url").WithMessage("Must be the account's address.");
        RuleFor(command => command.Account!.Contact).NotNull().When(command => command.Account is not null).OverridePropertyName("account.contact").WithMessage("Must be an object with email.");
        RuleFor(command => command.Account!.Contact!.Email).NotEmpty().When(command => command.Account?.Contact is not null).OverridePropertyName("account.contact.email").WithMessage("Must be the contact's e-mail address.");
    }
}

internal sealed class UpsertInstallationHandler(IInstallationRepository installations, ISecretProtector protector, IAuditLog audit, ICaller caller, TimeProvider time)
    : IRequestHandler<UpsertInstallationCommand, Outcome<InstallationResponse>>
{
    public async Task<Outcome<InstallationResponse>> Handle(UpsertInstallationCommand command, CancellationToken cancellationToken)
    {
        var now = time.Now();
        var id = InstallationId.From(command.InstallationId);
        var installation = await installations.FindAsync(id, cancellationToken);
        var key = installation?.Key ?? Guid.CreateVersion7(now);
        var purpose = Purposes.Installation(key);
        var account = protector.HashAccount(key, caller.AccountId);
        var profile = protector.Protect(purpose, JsonSerializer.SerializeToUtf8Bytes(new { command.Scopes, command.AcceptedPolicies, command.Account }, PartnerJson.Options));
        var credential = protector.Protect(purpose, command.Credentials!.AccessToken!);

        if (installation is null)
        {
            installations.Add(Installation.Install(key, id, account, profile, credential, now));
            audit.Write(id, "A6", "installed", caller.Style);
        }
        else
        {
            var updated = installation.Update(account, profile, credential);
            if (!updated.IsSuccess)
                return updated.Error;
            audit.Write(id, "A6", "updated", caller.Style);
        }

        return new InstallationResponse(Notification: null);
    }
}
