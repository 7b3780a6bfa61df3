using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using FsCheck.Xunit;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Idempotency;

/// <summary>
/// Whatever a platform sends in whatever order, with restarts, crashes, lost answers, a failing database, lost jobs and the clock
/// between: every answer is the one that a model of a few lines gives, and there is one uninstall, and one receipt, for each life.
/// </summary>
[Rule("K3", "K4", "K6", "K7", "D1", "D9")]
public sealed class AnyInterleaving : PartnerTest
{
    private readonly FailingCommands _commands = new();

    protected override void Configure([NotNull] PartnerAppOptions options) => options.Services = _commands.Insert;

    [Property(MaxTest = 30, EndSize = 100)]
    public async Task Is_answered_as_the_model_answers(byte[] steps)
    {
        var id = PartnerApp.NewInstallationId();
        var model = new Model();
        var story = new List<string>();
        foreach (var step in steps.Chunk(2).Where(step => step.Length == 2))
        {
            var (was, expected) = await StepAsync(id, model, step[0], step[1]);
            story.Add(was is null ? expected : $"{expected} → {was}");
            (was ?? expected).ShouldBe(expected, string.Join('\n', story));
        }

        await App.SettleAsync();
        model.Settle(App.Now);
        (await App.Database.CountAsync("Installations", "Id = @p0", id)).ShouldBe(model.Exists ? 1 : 0, string.Join('\n', story));
        (await App.Database.CountAsync("Uninstallations", "InstallationId = @p0", id)).ShouldBe(model.Uninstalls, string.Join('\n', story));
        (await App.ReceiptsAsync(id)).Count.ShouldBe(model.Receipts, string.Join('\n', story));
    }

    /// <returns>What the service did, and what the model says; the first is null where there is nothing to compare.</returns>
    private async Task<(string? Was, string Expected)> StepAsync(string id, Model model, byte what, byte how)
    {
        var key = (how % 3) switch { 0 => null, 1 => "k1", _ => "k2" };
        var reason = (how / 3 % 3) switch { 0 => "another", _ => null };
        switch (what % 23)
        {
            case 0 or 1 or 2:
                return (Text(await App.Caller.InstallAsync(id)), model.Install());
            case 3 or 4:
                return (Text(await App.Caller.ProvisionAsync(id, billingPlanId: "pro", idempotencyKey: key)), model.Buy(key, App.Now));
            case 5 or 6 or 7 or 8 or 9 or 10:
                return (Text(await App.UninstallAsync(id, reason: reason, idempotencyKey: key)), model.Uninstall(key, reason, App.Now));
            case 11 or 12:
                return (Text(await UninstallUnheardAsync(id, reason, key)), model.UninstallUnheard(key, reason, App.Now));
            case 13 or 14:
                _commands.FailAfter(how / 9 % 4, goesOn: false);
                var answer = await App.UninstallAsync(id, reason: reason, idempotencyKey: key);
                _commands.Heal();
                return (Text(answer), _commands.Failed is null ? model.Uninstall(key, reason, App.Now) : Model.Unavailable);
            case 15 or 16 or 17:
                await App.AdvanceAsync(TimeSpan.FromHours(how / 8));
                return (null, $"{how / 8} hours pass");
            case 18 or 19:
                await App.SettleAsync();
                model.Settle(App.Now);
                return (null, "the jobs run");
            case 20:
                await App.ForgetOldAnswersAsync();
                model.Forget(App.Now);
                return (null, "old answers are forgotten");
            case 21:
                await App.RestartAsync();
                return (null, "a restart");
            default:
                await App.CrashAsync();
                return (null, "a crash");
        }
    }

    /// <summary>If it writes anything, that is committed, and the service is told of a time-out.</summary>
    private async Task<Exchange> UninstallUnheardAsync(string id, string? reason, string? key)
    {
        App.LoseAnswerOfTheDatabase();
        var answer = await App.UninstallAsync(id, reason: reason, idempotencyKey: key);
        App.LoseAnswerOfTheDatabase(after: int.MaxValue);
        return answer;
    }

    private static string Text(Exchange answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"{answer.Status} {(answer.Status == (int)HttpStatusCode.OK && answer.Text.StartsWith("{\"finalized\"", StringComparison.Ordinal) ? answer.Text : answer.ErrorCode)}{(answer.IsReplay ? " again" : "")}");

    private sealed class Model
    {
        public const string Unavailable = "503 unavailable";

        private readonly Dictionary<string, Answer> _answers = new(StringComparer.Ordinal);
        private readonly Dictionary<string, DateTimeOffset> _bought = new(StringComparer.Ordinal);
        private bool _paid;
        private DateTimeOffset? _due;
        private bool _finalized;

        public bool Exists { get; private set; }

        public int Uninstalls { get; private set; }

        public int Receipts { get; private set; }

        public string Install()
        {
            if (_due is not null)
                return "409 uninstalling";
            Exists = true;
            return "200 ";
        }

        public string Buy(string? key, DateTimeOffset now)
        {
            if (key is not null && _bought.ContainsKey(key))
                return "200  again";
            if (!Exists)
                return "404 not_found";
            if (_due is not null)
                return "409 uninstalling";
            _paid = true;
            if (key is not null)
                _bought[key] = now;
            return "200 ";
        }

        public string Uninstall(string? key, string? reason, DateTimeOffset now) => Uninstall(key, reason, now, out _);

        public string UninstallUnheard(string? key, string? reason, DateTimeOffset now)
        {
            var answer = Uninstall(key, reason, now, out var writes);
            return writes ? Unavailable : answer;
        }

        public void Settle(DateTimeOffset now)
        {
            if (_due is null || _due > now)
                return;
            Receipts++;
            (Exists, _paid, _due) = (false, false, null);
            _bought.Clear();
            foreach (var (key, answer) in _answers.ToList())
                _answers[key] = answer with { IsStripped = true };
        }

        public void Forget(DateTimeOffset now)
        {
            foreach (var (key, _) in _answers.Where(answer => answer.Value.At < now - TimeSpan.FromDays(7)).ToList())
                _answers.Remove(key);
            foreach (var (key, _) in _bought.Where(bought => bought.Value < now - TimeSpan.FromDays(7)).ToList())
                _bought.Remove(key);
        }

        private string Uninstall(string? key, string? reason, DateTimeOffset now, out bool writes)
        {
            writes = false;
            if (key is not null && _answers.TryGetValue(key, out var first))
                return first.IsStripped || first.Reason == reason ? first.Text + " again" : "409 idempotency_key_reused";
            if (!Exists)
                return "200 {\"finalized\":true}";
            writes = key is not null || _due is null;
            if (_due is null)
            {
                Uninstalls++;
                _finalized = !_paid;
                _due = _finalized ? now : now + TimeSpan.FromDays(1);
            }

            var answer = $"200 {{\"finalized\":{(_finalized ? "true" : "false")}}}";
            if (key is not null)
                _answers[key] = new Answer(answer, reason, now, IsStripped: false);
            return answer;
        }

        /// <param name="IsStripped">Purged: what was asked is no longer known (rule K7).</param>
        private sealed record Answer(string Text, string? Reason, DateTimeOffset At, bool IsStripped);
    }
}
