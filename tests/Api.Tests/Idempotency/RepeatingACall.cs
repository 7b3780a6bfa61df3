using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Idempotency;

/// <summary>The same key again: the first answer, another request's refusal, or a new attempt (rules K3, K4, K6).</summary>
public sealed class RepeatingACall : PartnerTest
{
    private const string ReasonThenCascade = """{"reason":"x","cascadeResourceDeletion":true}""";

    [Fact, Rule("K3")]
    public async Task Of_a_delete_gives_the_first_answer_whatever_is_true_by_now()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        var first = await App.UninstallAsync(id, idempotencyKey: "k");
        await App.Database.ExecuteAsync("UPDATE Uninstallations SET FinalizedAt = RequestedAt");

        var again = await ChangingNothingAsync(() => App.UninstallAsync(id, idempotencyKey: "k"));

        again.ShouldReplay(first);
        again.ShouldBeUninstalled(finalized: false);
    }

    [Fact, Rule("K3")]
    public async Task Differs_on_the_wire_by_one_header()
    {
        var id = await App.InstallAsync();
        var (first, again) = (await SendAsync(), await SendAsync());

        (first.Status, first.Text, first.Header("Content-Length")).ShouldBe((200, """{"finalized":true}""", "18"));
        (again.Status, again.Text).ShouldBe((first.Status, first.Text));
        Headers(again).ShouldBe([.. Headers(first), "Idempotent-Replayed: true"], ignoreOrder: true);

        Task<RawAnswer> SendAsync() => RawHttp.SendAsync(App.Address, $"DELETE /v1/installations/{id} HTTP/1.1", [("Authorization", "Bearer " + App.Tokens.User(id)), ("Idempotency-Key", "k")]);

        static IEnumerable<string> Headers(RawAnswer answer) => answer.Headers.Where(header => header.Key is not ("Date" or "X-Trace-Id")).Select(header => $"{header.Key}: {header.Value}");
    }

    [Fact, Rule("K3")]
    public async Task Of_every_other_change_gives_the_first_answer_without_a_second_effect()
    {
        var id = PartnerApp.NewInstallationId();
        var install = await App.Caller.InstallAsync(id, idempotencyKey: "k");
        (await ChangingNothingAsync(() => App.Caller.InstallAsync(id, idempotencyKey: "k"))).ShouldReplay(install);

        var provision = await App.Caller.ProvisionAsync(id, idempotencyKey: "k");
        (await ChangingNothingAsync(() => App.Caller.ProvisionAsync(id, idempotencyKey: "k"))).ShouldReplay(provision);

        var resource = (string)provision.At("id")!;
        var removal = await App.Caller.DeleteResourceAsync(id, resource, "k");
        removal.Status.ShouldBe(204);
        (await ChangingNothingAsync(() => App.Caller.DeleteResourceAsync(id, resource, "k"))).ShouldReplay(removal);
    }

    [Fact, Rule("K3")]
    public async Task By_the_other_style_with_another_token_is_a_replay()
    {
        var id = await App.InstallAsync();
        var first = await App.UninstallAsync(id, idempotencyKey: "k");
        await App.AdvanceAsync(TimeSpan.FromHours(1));

        foreach (var by in (VercelIdentity[])[VercelIdentity.Admin, VercelIdentity.System, VercelIdentity.SystemWithoutInstallation, VercelIdentity.Admin with { Style = null }, VercelIdentity.Admin with { AccountId = "abc" }])
            (await App.UninstallAsync(id, idempotencyKey: "k", by: by)).ShouldReplay(first);
    }

    [Fact, Rule("K2", "A5")]
    public async Task By_somebody_who_may_not_is_refused()
    {
        var (id, neighbour) = (await App.InstallAsync(), await App.InstallAsync());
        await App.UninstallAsync(id, idempotencyKey: "k");
        var expired = VercelIdentity.Admin with { Claims = claims => claims["exp"] = App.Now.AddMinutes(-1).ToUnixTimeSeconds() };

        (await App.UninstallAsync(id, idempotencyKey: "k", by: VercelIdentity.ReadOnly)).ShouldBeRefused(403, "forbidden");
        (await App.UninstallAsync(id, idempotencyKey: "k", by: VercelIdentity.Admin with { InstallationId = neighbour })).ShouldBeRefused(403, "forbidden");
        (await App.UninstallAsync(id, idempotencyKey: "k", by: expired)).ShouldBeRefused(401, "unauthorized");
    }

    [Theory, Rule("K3")]
    [InlineData(null, "")]
    [InlineData(null, "{}")]
    [InlineData("{}", " { } ")]
    [InlineData("{}", """{"cascadeResourceDeletion":null,"reason":null}""")]
    [InlineData("{}", """{"unknown":[1,2]}""")]
    [InlineData(ReasonThenCascade, """ { "cascadeResourceDeletion" : true , "reason" : "x" } """)]
    [InlineData(ReasonThenCascade, """{"cascadeResourceDeletion":true,"reason":"\u0078","new":1}""")]
    public async Task With_a_body_that_says_the_same_is_the_same_request(string? one, string other)
    {
        var id = await App.InstallAsync();
        var first = await DeleteAsync(id, one);
        first.ShouldBeUninstalled(finalized: true);
        (await DeleteAsync(id, other)).ShouldReplay(first);
    }

    [Theory, Rule("K3")]
    [InlineData("""{"a":1,"b":{"c":[1,2],"d":null}}""", """{ "b" : { "d" : null, "c" : [ 1, 2 ] }, "a" : 1 }""", true)]
    [InlineData("""{"a":1}""", """{"a":1,"b":null}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", false)]
    public async Task Of_a_provisioning_with_the_members_of_its_metadata_in_another_order_is_the_same_request(string one, string other, bool same)
    {
        var id = await App.InstallAsync();
        var first = await ProvisionAsync(id, one);
        first.Status.ShouldBe(200);

        var second = await ProvisionAsync(id, other);

        if (same)
            second.ShouldReplay(first);
        else
            second.ShouldBeRefused(409, "idempotency_key_reused");
    }

    [Theory, Rule("K4")]
    [InlineData(null, """{"cascadeResourceDeletion":true}""")]
    [InlineData(null, """{"cascadeResourceDeletion":false}""")]
    [InlineData(null, """{"reason":""}""")]
    [InlineData("""{"cascadeResourceDeletion":true}""", """{"cascadeResourceDeletion":false}""")]
    [InlineData("""{"reason":"a"}""", """{"reason":"A"}""")]
    [InlineData("""{"reason":"a"}""", """{"reason":"a "}""")]
    [InlineData("""{"reason":"\u00e9"}""", """{"reason":"e\u0301"}""")]
    [InlineData(ReasonThenCascade, null)]
    public async Task With_a_body_that_says_something_else_is_refused(string? one, string? other)
    {
        var id = await App.InstallAsync();
        await DeleteAsync(id, one);
        (await ChangingNothingAsync(() => DeleteAsync(id, other))).ShouldBeRefused(409, "idempotency_key_reused");
        (await DeleteAsync(id, one)).IsReplay.ShouldBeTrue();
    }

    [Fact, Rule("K4")]
    public async Task Of_a_provisioning_for_something_else_is_refused()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, name: "one", idempotencyKey: "k");
        (await ChangingNothingAsync(() => App.Caller.ProvisionAsync(id, "two", "free", idempotencyKey: "k"))).ShouldBeRefused(409, "idempotency_key_reused");
        (await ChangingNothingAsync(() => App.Caller.ProvisionAsync(id, "one", "pro", idempotencyKey: "k"))).ShouldBeRefused(409, "idempotency_key_reused");
    }

    [Fact, Rule("K4")]
    public async Task Of_a_removal_for_another_resource_is_refused()
    {
        var id = await App.InstallAsync();
        var (one, two) = (await App.ProvisionAsync(id, name: "one"), await App.ProvisionAsync(id, name: "two"));
        await App.Caller.DeleteResourceAsync(id, one.Id, "k");
        (await App.Caller.DeleteResourceAsync(id, two.Id, "k")).ShouldBeRefused(409, "idempotency_key_reused");
        (await App.UseAsync(two)).ShouldBe(200);
    }

    [Fact, Rule("K6")]
    public async Task After_a_refusal_is_a_new_attempt()
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id);

        (await App.UninstallAsync(id, reason: new string('r', 4097), idempotencyKey: "k")).ShouldBeRefused(400, "bad_request");
        (await App.UninstallAsync(id, idempotencyKey: "k", by: VercelIdentity.ReadOnly)).ShouldBeRefused(403, "forbidden");
        (await App.UninstallAsync(id, cascade: false, idempotencyKey: "k")).ShouldBeRefused(409, "resources_exist");
        (await App.Database.CountAsync("IdempotencyRecords")).ShouldBe(0);
        await App.Caller.DeleteResourceAsync(id, resource.Id);

        var answer = await App.UninstallAsync(id, cascade: false, idempotencyKey: "k");
        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("K6", "D1")]
    public async Task After_a_delete_of_nothing_is_a_new_attempt()
    {
        var id = PartnerApp.NewInstallationId();
        (await App.UninstallAsync(id, idempotencyKey: "k")).ShouldBeUninstalled(finalized: true);
        (await App.Database.CountAsync("IdempotencyRecords")).ShouldBe(0);
        await App.InstallAsync(id);
        await App.ProvisionAsync(id, "pro");

        var answer = await App.UninstallAsync(id, reason: "for real", idempotencyKey: "k");
        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: false);
    }

    [Fact, Rule("K6")]
    public async Task After_a_failure_is_a_new_attempt()
    {
        var id = await App.InstallAsync();
        await App.Database.ExecuteAsync("ALTER TABLE Outbox RENAME TO Elsewhere");
        (await App.UninstallAsync(id, idempotencyKey: "k")).ShouldBeRefused(503, "unavailable");
        (await App.Database.CountAsync("IdempotencyRecords")).ShouldBe(0);
        await App.Database.ExecuteAsync("ALTER TABLE Elsewhere RENAME TO Outbox");

        var answer = await App.UninstallAsync(id, idempotencyKey: "k");
        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("K3")]
    public async Task After_a_restart_is_a_replay()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        var provisioned = await App.Caller.ProvisionAsync(id, "second", idempotencyKey: "p");
        var first = await App.UninstallAsync(id, idempotencyKey: "k");

        await App.RestartAsync();

        (await App.UninstallAsync(id, idempotencyKey: "k")).ShouldReplay(first);
        (await App.Caller.ProvisionAsync(id, "second", idempotencyKey: "p")).ShouldReplay(provisioned);
    }

    [Fact, Rule("K3")]
    public async Task An_answer_with_secrets_is_kept_only_encrypted()
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, idempotencyKey: "k");

        (await App.Database.ReadBytesAsync()).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(resource.Secret)).ShouldBe(-1);
        (await App.ProvisionAsync(id, idempotencyKey: "k")).ShouldBe(resource);
    }

    private Task<Exchange> ProvisionAsync(string id, string metadata) =>
        App.Caller.SendAsync(App.Caller.Call("POST", id, "/resources", idempotencyKey: "k").WithBody($$"""{"productId":"demo","name":"n","billingPlanId":"free","metadata":{{metadata}}}"""));

    private Task<Exchange> DeleteAsync(string id, string? body)
    {
        var call = App.Caller.Call("DELETE", id, idempotencyKey: "k");
        return App.Caller.SendAsync(body is null ? call : call.WithBody(body));
    }
}
