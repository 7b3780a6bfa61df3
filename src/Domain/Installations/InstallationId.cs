using System.Buffers;
using Partner.Domain.SharedKernel;

namespace Partner.Domain.Installations;

/// <summary>Vercel's id of an installation (<c>icfg_…</c>): 1 to 128 of <c>A-Z a-z 0-9 _ -</c> (rule R3).</summary>
public readonly record struct InstallationId
{
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private InstallationId(string value) => Value = value;

    public string Value { get; }

    public static Result<InstallationId> Parse(string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Allowed)
            ? new InstallationId(text)
            : Error.Invalid("bad_request", "The installation id in the path is not one.", new FieldError("installationId", "Must be 1 to 128 of A-Z a-z 0-9 _ -."));

    /// <summary>For text that <see cref="Parse"/> has already accepted: a stored one, or a validated command's.</summary>
    public static InstallationId From(string text) => Parse(text).Value;

    public override string ToString() => Value;
}
