using Partner.Crash.Tests.Recording;

namespace Partner.Crash.Tests.Checking;

/// <summary>One attempt of a call with what came back; null: nothing did.</summary>
internal sealed record Attempt(Sent Sent, Answered? Answer)
{
    public bool Succeeded => Answer is { Status: >= 200 and < 300 };
}

/// <summary>One life of an installation, as it was seen from outside.</summary>
/// <param name="Until">When a next life may have begun.</param>
internal sealed record Life(string InstallationId, int Number, IReadOnlyList<Attempt> Attempts, DateTimeOffset Until)
{
    public bool WasInstalled => Of(Operation.Install).Any(attempt => attempt.Succeeded);

    /// <summary>When somebody first asked for its end; null: nobody did.</summary>
    public DateTimeOffset? LeftAt => Attempts.Where(attempt => attempt.Sent.Operation is Operation.Uninstall or Operation.Removed).Select(attempt => (DateTimeOffset?)attempt.Sent.At).Min();

    /// <summary>When a DELETE was first answered with success; null: none was.</summary>
    public DateTimeOffset? AcceptedAt => Of(Operation.Uninstall).Where(attempt => attempt.Succeeded).Select(attempt => (DateTimeOffset?)attempt.Answer!.At).Min();

    /// <summary>Resources whose making was answered with success.</summary>
    public IReadOnlyList<string> Resources => [.. Of(Operation.Provision).Where(attempt => attempt.Succeeded).Select(attempt => attempt.Answer!.Subject!).Distinct(StringComparer.Ordinal)];

    /// <summary>Whether it happened in this life, or after it and before the next.</summary>
    public bool Includes(Happening happening) => happening.At >= Attempts.Min(attempt => attempt.Sent.At) && happening.At < Until;

    public IEnumerable<Attempt> Of(Operation operation) => Attempts.Where(attempt => attempt.Sent.Operation == operation);

    public override string ToString() => Number == 1 ? InstallationId : $"{InstallationId} (life {Number})";

    public static IReadOnlyList<Life> Read(IReadOnlyList<Happening> history)
    {
        var answers = history.OfType<Answered>().ToDictionary(answer => answer.Call);
        return
        [
            .. history.OfType<Sent>().Select(sent => new Attempt(sent, answers.GetValueOrDefault(sent.Call)))
                .GroupBy(attempt => attempt.Sent.InstallationId, StringComparer.Ordinal)
                .SelectMany(installation =>
                {
                    var lives = installation.GroupBy(attempt => attempt.Sent.Life).OrderBy(life => life.Key).Select(life => (life.Key, Attempts: life.ToList())).ToList();
                    return lives.Select((life, i) => new Life(installation.Key, life.Key, life.Attempts, i + 1 < lives.Count ? lives[i + 1].Attempts.Min(attempt => attempt.Sent.At) : DateTimeOffset.MaxValue));
                }),
        ];
    }
}
