using System.Text.Json.Nodes;
using Partner.Crash.Tests.Nodes;
using Partner.Crash.Tests.Recording;
using Partner.VercelSimulator;

namespace Partner.Crash.Tests.Load;

/// <summary>The calls of the load; each can be sent again and again as it is.</summary>
internal static class Calls
{
    public static Request Install(Vercel vercel, string id, int life, string key) => new(
        Operation.Install,
        id,
        life,
        vercel.Composer.Call("PUT", id, idempotencyKey: key).WithJson(new JsonObject
        {
            ["scopes"] = new JsonArray("read-write:marketplace"),
            ["acceptedPolicies"] = new JsonObject { ["eula"] = "2026-01-01T00:00:00.000Z" },
            ["credentials"] = new JsonObject { ["access_token"] = VercelDefaults.AccessTokenOf(id), ["token_type"] = "Bearer" },
            ["account"] = new JsonObject { ["name"] = "Acme", ["url"] = "https://vercel.com/acme", ["contact"] = new JsonObject { ["email"] = "ada@acme.example", ["name"] = "Ada" } },
        }));

    public static Request Provision(Vercel vercel, string id, int life, string plan, string key) => new(
        Operation.Provision,
        id,
        life,
        vercel.Composer.Call("POST", id, "/resources", idempotencyKey: key).WithJson(new JsonObject { ["productId"] = "demo", ["name"] = "main", ["metadata"] = new JsonObject(), ["billingPlanId"] = plan }));

    public static Request Uninstall(Vercel vercel, string id, int life, bool? cascade, string? key) => new(
        Operation.Uninstall,
        id,
        life,
        vercel.Composer.Call("DELETE", id, idempotencyKey: key).WithJson(new JsonObject { ["cascadeResourceDeletion"] = cascade, ["reason"] = "No longer needed" }));

    public static Request Look(Vercel vercel, string id, int life) => new(Operation.Look, id, life, vercel.Composer.Call("GET", id, by: VercelIdentity.System));

    public static Request Use(string id, int life, string resourceId, string secret) =>
        new(Operation.Use, id, life, new PartnerCall("GET", "/demo/resources/" + resourceId) { Token = () => secret }, resourceId);
}
