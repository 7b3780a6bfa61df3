using System.Globalization;
using System.Net;
using FsCheck.Xunit;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Idempotency;

/// <summary>
/// Whatever a platform sends in whatever order, with restarts, lost jobs and the clock between: every answer is the one that a model of
/// a few lines gives, and there is one uninstall, and one receipt, for each life.
/// </summary>
[Rule("K3", "K6", "K7", "D1", "D9")]
public sealed class AnyInterleaving : PartnerTest
{
    [Property(MaxTest = 30, EndSize = 50)]
    public async Task Is_answered_as_the_model_answers(byte[] calls)
    {
        var id = PartnerApp.NewInstallationId();
        var model = new Model();
        var story = new List<string>();
        foreach (var call in calls)
        {
            var (was, expected) = await StepAsync(id, model, call);
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
    private async Task<(string? Was, string Expected)> StepAsync(string id, Model model, byte call)
    {
        var key = (call / 16 % 3) switch { 0 => null, 1 => "k1", _ => "k2" };
        switch (call % 16)
        {
            case 0 or 1 or 2:
                return (Text(await App.Caller.InstallAsync(id)), model.Install());
            case 3 or 4:
                return (Text(await App.Caller.ProvisionAsync(id, billingPlanId: "pro")), model.Buy());
            case 5 or 6 or 7 or 8 or 9:
                return (Text(await App.UninstallAsync(id, idempotencyKey: key)), model.Uninstall(key, App.Now));
            case 10 or 11:
                await App.AdvanceAsync(TimeSpan.FromHours(call / 8));
                return (null, $"{call / 8} hours pass");
            case 12 or 13:
                await App.SettleAsync();
                model.Settle(App.Now);
                return (null, "the jobs run");
            case 14:
                await App.ForgetOldAnswersAsync();
                model.Forget(App.Now);
                return (null, "old answers are forgotten");
            default:
                await App.RestartAsync();
                return (null, "a restart");
        }
    }

    private static string Text(Exchange answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"{answer.Status} {(answer.Status == (int)HttpStatusCode.OK && answer.Text.StartsWith("{\"finalized\"", StringComparison.Ordinal) ? answer.Text : answer.ErrorCode)}{(answer.IsReplay ? " again" : "")}");

    private sealed class Model
    {
        private readonly Dictionary<string, (string Answer, DateTimeOffset At)> _answers = new(StringComparer.Ordinal);
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

        public string Buy()
        {
            if (!Exists)
                return "404 not_found";
            if (_due is not null)
                return "409 uninstalling";
            _paid = true;
            return "200 ";
        }

        public string Uninstall(string? key, DateTimeOffset now)
        {
            if (key is not null && _answers.TryGetValue(key, out var first))
                return first.Answer + " again";
            if (!Exists)
                return "200 {\"finalized\":true}";
            if (_due is null)
            {
                Uninstalls++;
                _finalized = !_paid;
                _due = _finalized ? now : now + TimeSpan.FromDays(1);
            }

            var answer = $"200 {{\"finalized\":{(_finalized ? "true" : "false")}}}";
            if (key is not null)
                _answers[key] = (answer, now);
            return answer;
        }

        public void Settle(DateTimeOffset now)
        {
            if (_due is null || _due > now)
                return;
            Receipts++;
            (Exists, _paid, _due) = (false, false, null);
        }

        public void Forget(DateTimeOffset now)
        {
            foreach (var (key, _) in _answers.Where(answer => answer.Value.At < now - TimeSpan.FromDays(7)).ToList())
                _answers.Remove(key);
        }
    }
}
