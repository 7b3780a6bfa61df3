using System.Globalization;
using System.Text;
using Partner.VercelSimulator;

namespace Partner.Benchmarks;

/// <summary>Installations to be, each with a token and a key of its own, and the requests of its life ready to be sent.</summary>
internal sealed class Customers
{
    private readonly string[] _ids;
    private readonly string[] _tokens;

    public Customers(VercelTokens tokens, string prefix, int count)
    {
        _ids = [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"icfg_{prefix}{i:D8}"))];
        _tokens = new string[count];
        for (var i = 0; i < count; i++)
            _tokens[i] = tokens.User(_ids[i]);
    }

    public int Count => _ids.Length;

    public IReadOnlyList<byte[]> Installs => Requests("PUT", "", "install", """{"scopes":["read:integration-configuration"],"acceptedPolicies":{"eula":"2026-01-01T00:00:00Z"},"credentials":{"access_token":"vat_benchmark","token_type":"Bearer"},"account":{"name":"Benchmark","url":"https://vercel.com/benchmark","contact":{"email":"benchmark@example.com","name":"Bench Mark"}}}""");

    public IReadOnlyList<byte[]> Deletes => Requests("DELETE", "", "uninstall", """{"reason":"no longer needed"}""");

    public IReadOnlyList<byte[]> Provisions(string plan) => Requests("POST", "/resources", "provision", $$"""{"productId":"demo","name":"store","metadata":{},"billingPlanId":"{{plan}}"}""");

    private List<byte[]> Requests(string method, string path, string step, string body) => [.. _ids.Select((id, i) => Encoding.ASCII.GetBytes(
        $"{method} /v1/installations/{id}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {_tokens[i]}\r\nX-Vercel-Auth: user\r\nIdempotency-Key: {step}-{id}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"))];
}
