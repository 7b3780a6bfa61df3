using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Api.Http;
using Partner.Api.Resources;
using Partner.TestKit;

namespace Partner.Api.Tests.Http;

/// <summary>An escape for half of a surrogate pair: JSON by its grammar, but nothing that can be stored or written again.</summary>
[Rule("R2")]
public sealed class HalfCharacters
{
    [Theory]
    [InlineData("""{"metadata":{"a":"\ud800"}}""")]
    [InlineData("""{"metadata":{"\udc00":1}}""")]
    [InlineData("""{"metadata":{"a":["x\ud83dy"]}}""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"unknown":"\uDFFF"}""")]
    public async Task Are_refused(string json) => (await ReadAsync(json)).ShouldBe("bad_request");

    [Theory]
    [InlineData("""{"metadata":{"a":"\ud83d\ude00"}}""")]
    [InlineData("""{"metadata":{"a":"\\ud800"}}""")]
    [InlineData("""{"metadata":{"a":"\u0041"}}""")]
    public async Task Whole_ones_are_not(string json) => (await ReadAsync(json)).ShouldBeNull();

    private static async Task<string?> ReadAsync(string json)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return (await JsonBody.ReadAsync<ProvisionResourceRequest>(context.Request)).Error?.Code;
    }
}
