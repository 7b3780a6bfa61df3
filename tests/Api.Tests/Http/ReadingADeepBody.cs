using System.Text;
using Partner.Api.Tests.Webhooks;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Http;

/// <summary>JSON is read 64 levels deep, the body itself being the first, and no deeper; that limit is documented in docs/api.md.</summary>
public sealed class ReadingADeepBody : PartnerTest
{
    private const int Deepest = 64;

    public static TheoryData<string, string> Calls => new() { { "PUT", "" }, { "POST", "/resources" }, { "DELETE", "" } };

    [Theory, MemberData(nameof(Calls)), Rule("R1", "R2")]
    public async Task Sixty_four_levels_are_read_and_one_more_is_refused_also_in_a_member_that_nobody_knows(string method, string path)
    {
        var id = await App.InstallAsync();
        var call = Authorization.CallingEachEndpoint.WithBody(App.Caller.Call(method, id, path));
        var plain = call.Body is { } body ? Encoding.UTF8.GetString(body) : "{}";
        var begin = plain == "{}" ? "{" : plain[..^1] + ",";

        foreach (var member in (string[])["unknown", "another"])
            (await ChangingNothingAsync(() => App.Caller.SendAsync(call.WithBody($"{begin}\"{member}\":{Nested(Deepest)}}}")))).ShouldSayItIsTooDeep();
        (await App.Caller.SendAsync(call.WithBody($"{begin}\"unknown\":{Nested(Deepest - 1)}}}"))).Status.ShouldBe(200);
    }

    [Fact, Rule("R2")]
    public async Task What_is_kept_as_it_came_can_be_given_back_however_deep_it_was()
    {
        var id = await App.InstallAsync();
        var metadata = $"{{\"a\":{Nested(Deepest - 2)}}}";
        var call = App.Caller.Call("POST", id, "/resources", idempotencyKey: "k");
        string Body(string value) => $"{{\"productId\":\"demo\",\"name\":\"deep\",\"metadata\":{value},\"billingPlanId\":\"free\"}}";

        var made = await App.Caller.SendAsync(call.WithBody(Body(metadata)));
        made.Status.ShouldBe(200, made.ToString());
        made.Text.ShouldContain(metadata);
        (await App.Caller.SendAsync(call.WithBody(Body(metadata)))).ShouldReplay(made);
        (await App.Caller.GetResourceAsync(id, (string)made.At("id")!)).Text.ShouldContain(metadata);

        (await App.Caller.SendAsync(App.Caller.Call("POST", id, "/resources").WithBody(Body($"{{\"a\":{Nested(Deepest - 1)}}}")))).ShouldSayItIsTooDeep();
    }

    [Theory, MemberData(nameof(Calls)), Rule("R2")]
    public async Task No_depth_is_a_fault_of_ours(string method, string path)
    {
        var id = await App.InstallAsync();
        foreach (var text in Bombs(64 * 1024))
        {
            var answer = await ChangingNothingAsync(() => App.Caller.SendAsync(App.Caller.Call(method, id, path).WithBody(text)));
            answer.ShouldBeRefused(400, "bad_request");
        }

        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("W5")]
    public async Task A_webhook_is_read_as_deep_and_no_deeper()
    {
        foreach (var text in Bombs(256 * 1024).Append(Event(Nested(Deepest))))
        {
            var answer = await ChangingNothingAsync(() => App.SendSignedAsync(Encoding.UTF8.GetBytes(text)));
            answer.ShouldBeRefused(400, "bad_request");
        }

        (await App.SendSignedAsync(Encoding.UTF8.GetBytes(Event(Nested(Deepest - 1))))).Status.ShouldBe(200);
    }

    private static string Event(string payload) => $"{{\"id\":\"evt_1\",\"type\":\"project.created\",\"payload\":{payload}}}";

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);

    /// <summary>As deep as the largest body allows: whole ones and ones that never end, as the body, in a member, and of objects.</summary>
    private static IEnumerable<string> Bombs(int bytes)
    {
        yield return new string('[', bytes);
        yield return Nested(bytes / 2);
        yield return "{\"a\":" + new string('[', bytes - 5);
        yield return $"{{\"a\":{Nested((bytes - 6) / 2)}}}";
        yield return string.Concat(Enumerable.Repeat("{\"a\":", bytes / 5));
        yield return string.Concat(Enumerable.Repeat("{\"a\":", bytes / 6 - 1)) + "1" + new string('}', bytes / 6 - 1);
        yield return string.Concat(Enumerable.Repeat("[{\"a\":", bytes / 6));
    }
}

[ShouldlyMethods]
internal static class TooDeep
{
    public static void ShouldSayItIsTooDeep(this Exchange answer)
    {
        answer.ShouldBeRefused(400, "bad_request");
        ((string?)answer.At("error", "fields", 0, "message")).ShouldBe("The body is nested deeper than 64 levels.");
    }
}
