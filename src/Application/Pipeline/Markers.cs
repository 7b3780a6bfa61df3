using MediatR;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Pipeline;

/// <summary>A use case that changes something.</summary>
public interface ICommand<TResponse> : IRequest<Outcome<TResponse>>;

/// <summary>A use case that only reads.</summary>
public interface IQuery<TResponse> : IRequest<Outcome<TResponse>>;

/// <summary>Its handler runs in one unit of work: everything it changes is committed together, or nothing.</summary>
public interface ITransactionalCommand;

/// <summary>Started by our own jobs or by the vendor at a terminal, never by a caller from outside.</summary>
public interface IRunByService;

/// <summary>Started by Vercel's webhook: the signature over its body was the check.</summary>
public interface ISignedByVercel;

/// <summary>
/// Started by a call of Vercel's. Declares who may (rules A4 to A6): the token's installation must be this one, the style one of
/// <see cref="AllowedStyles"/>, and a user who changes something must be an ADMIN.
/// </summary>
public interface IRequireRole
{
    string InstallationId { get; }

    IReadOnlyList<CallerStyle> AllowedStyles { get; }

    /// <summary>A user of role USER may not do it.</summary>
    bool RequiresAdmin { get; }
}

/// <summary>A call that a client may repeat under one <c>Idempotency-Key</c> (rules K1 to K7).</summary>
public interface IIdempotentCommand
{
    string InstallationId { get; }

    /// <summary>Names the operation within the key's scope: <c>delete-installation</c>.</summary>
    string Operation { get; }

    /// <summary>Every <c>Idempotency-Key</c> header of the call as it came; empty for none.</summary>
    IReadOnlyList<string> IdempotencyKeys { get; }

    /// <summary>The parsed, known fields, and what the path names besides the installation: what makes a repeat "the same request".</summary>
    object Content { get; }

    /// <summary>The answer holds secrets, so it is stored encrypted.</summary>
    bool AnswerIsSecret { get; }
}

/// <summary>Who may start a use case.</summary>
public static class Callers
{
    public static IReadOnlyList<CallerStyle> Users { get; } = [CallerStyle.User];

    public static IReadOnlyList<CallerStyle> System { get; } = [CallerStyle.System];

    public static IReadOnlyList<CallerStyle> UsersAndSystem { get; } = [CallerStyle.User, CallerStyle.System];
}
