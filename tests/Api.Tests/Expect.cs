using System.Text.Json.Nodes;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests;

/// <summary>What every answer of a kind must look like, said once.</summary>
[ShouldlyMethods]
internal static class Expect
{
    /// <summary>The envelope, nothing but the envelope, with a trace id beside it (rule R4).</summary>
    public static void ShouldBeRefused(this Exchange answer, int status, string code)
    {
        (answer.Status, answer.ErrorCode).ShouldBe((status, code), answer.ToString());
        ShouldBeEnvelope(answer.Json!, answer.Header("Content-Type"), answer.Header("X-Trace-Id"), answer.Header("Cache-Control"));
    }

    public static void ShouldBeRefused(this RawAnswer answer, int status, string code)
    {
        answer.Status.ShouldBe(status, answer.Text);
        var json = JsonNode.Parse(answer.Body)!;
        ((string?)json["error"]?["code"]).ShouldBe(code, answer.Text);
        ShouldBeEnvelope(json, answer.Header("Content-Type"), answer.Header("X-Trace-Id"), answer.Header("Cache-Control"));
    }

    /// <summary>200 with exactly <c>{"finalized":…}</c>.</summary>
    public static void ShouldBeUninstalled(this Exchange answer, bool finalized)
    {
        (answer.Status, answer.Text).ShouldBe((200, finalized ? "{\"finalized\":true}" : "{\"finalized\":false}"), answer.ToString());
        answer.Header("Content-Type").ShouldBe("application/json; charset=utf-8");
        answer.Header("Cache-Control").ShouldBe("no-store");
    }

    /// <summary>An answer that was worked out for this very call.</summary>
    public static void ShouldBeNew(this Exchange answer) => answer.Header("Idempotent-Replayed").ShouldBeNull(answer.ToString());

    /// <summary>Another's answer again, byte for byte (rule K3).</summary>
    public static void ShouldReplay(this Exchange answer, Exchange first)
    {
        answer.Header("Idempotent-Replayed").ShouldBe("true", answer.ToString());
        (answer.Status, Convert.ToHexString(answer.Body)).ShouldBe((first.Status, Convert.ToHexString(first.Body)));
        answer.Header("Content-Type").ShouldBe(first.Header("Content-Type"));
    }

    private static void ShouldBeEnvelope(JsonNode json, string? contentType, string? trace, string? caching)
    {
        contentType.ShouldBe("application/json; charset=utf-8");
        caching.ShouldNotBeNull().ShouldContain("no-store");
        trace.ShouldNotBeNullOrWhiteSpace();
        json.AsObject().Select(member => member.Key).ShouldBe(["error"]);
        var error = json["error"]!.AsObject();
        error.Select(member => member.Key).Except(["code", "message", "user", "fields"], StringComparer.Ordinal).ShouldBeEmpty();
        ((string?)error["message"]).ShouldNotBeNullOrWhiteSpace();
        if (error["user"] is { } user)
            ((string?)user["message"]).ShouldNotBeNullOrWhiteSpace();
        foreach (var field in error["fields"]?.AsArray() ?? [])
        {
            ((string?)field!["key"]).ShouldNotBeNull();
            ((string?)field["message"]).ShouldNotBeNullOrWhiteSpace();
        }
    }
}
