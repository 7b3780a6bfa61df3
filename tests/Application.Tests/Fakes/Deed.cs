using FluentValidation;
using MediatR;
using Partner.Application.Pipeline;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Tests.Fakes;

/// <summary>A command of the tests' own that goes through every behaviour.</summary>
internal sealed record Deed(string InstallationId = "icfg_1", string? Text = "text", IReadOnlyList<string>? Keys = null) : ICommand<Done>, IRequireRole, IIdempotentCommand, ITransactionalCommand
{
    public IReadOnlyList<CallerStyle> AllowedStyles { get; init; } = Callers.UsersAndSystem;

    public bool RequiresAdmin { get; init; } = true;

    public string Operation { get; init; } = "deed";

    public IReadOnlyList<string> IdempotencyKeys => Keys ?? [];

    public object Content => new { Text };

    public bool AnswerIsSecret => false;
}

internal sealed record Done(int Count) : ISometimesForgotten
{
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsRemembered { get; init; } = true;
}

internal sealed class DeedValidator : AbstractValidator<Deed>
{
    public DeedValidator() => RuleFor(deed => deed.Text).MaximumLength(10).OverridePropertyName("text").WithMessage("Must have at most 10 characters.");
}

/// <summary>Does what the test says; counts.</summary>
internal sealed class DeedHandler : IRequestHandler<Deed, Outcome<Done>>
{
    public int Runs { get; private set; }

    public Func<int, Task<Outcome<Done>>> Work { get; set; } = runs => Task.FromResult<Outcome<Done>>(new Done(runs));

    public Task<Outcome<Done>> Handle(Deed deed, CancellationToken cancellationToken) => Work(++Runs);
}

/// <summary>A query of the tests' own: only a role is asked for.</summary>
internal sealed record Question(string InstallationId = "icfg_1") : IQuery<Done>, IRequireRole
{
    public IReadOnlyList<CallerStyle> AllowedStyles => Callers.System;

    public bool RequiresAdmin => false;
}
