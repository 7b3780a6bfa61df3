using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Api.Http;
using Partner.Api.Installations;
using Partner.Api.Resources;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Api.Tests.Http;

/// <summary>A body that cannot be read is answered with the field that was wrong and what would be right there.</summary>
[Rule("R2")]
public sealed class TellingWhatIsWrongWithABody
{
    [Theory]
    [InlineData("""{"cascadeResourceDeletion":"yes"}""", "cascadeResourceDeletion", "Must be true or false.")]
    [InlineData("""{"reason":5}""", "reason", "Must be a string.")]
    [InlineData("""{"reason":{"cascadeResourceDeletion":5}}""", "reason", "Must be a string.")]
    [InlineData("""{"reason":"\ud800"}""", "reason", "Has an escape that stands for half a character.")]
    [InlineData("""{"reason":"a","reason":"b"}""", "reason", "Is there more than once.")]
    [InlineData("""{"reason":"a","cascadeResourceDeletion":yes}""", "cascadeResourceDeletion", "Is not valid JSON here.")]
    [InlineData("""{"reason":"a",}""", "", "Is not valid JSON here.")]
    [InlineData("""{"\ud800":1,"cascadeResourceDeletion":5}""", "", "An escape in the body stands for half a character.")]
    [InlineData("""{"cascadeResourceDeletion":5,"\ud800":1}""", "cascadeResourceDeletion", "Must be true or false.")]
    [InlineData("""{"cascadeResourceDeletion":5,"cascadeResourceDel\ud800\u0041":1}""", "cascadeResourceDeletion", "Must be true or false.")]
    [InlineData("""{"reason":1,"cascadeResourceDeletion":5}""", "reason", "Must be a string.")]
    [InlineData("""{"unknown":"\ud800"}""", "", "An escape in the body stands for half a character.")]
    public Task Of_a_deletion(string json, string key, string message) => ShouldBeToldAsync<DeleteInstallationRequest>(json, key, message);

    [Theory]
    [InlineData("""{"scopes":"a"}""", "scopes", "Must be a list.")]
    [InlineData("""{"scopes":["a",7]}""", "scopes[1]", "Must be a string.")]
    [InlineData("""{"acceptedPolicies":[]}""", "acceptedPolicies", "Must be an object.")]
    [InlineData("""{"acceptedPolicies":{"toc":1}}""", "acceptedPolicies.toc", "Must be a string.")]
    [InlineData("""{"acceptedPolicies":{"toc":"1","toc":"2"}}""", "acceptedPolicies.toc", "Is there more than once.")]
    [InlineData("""{"acceptedPolicies":{"a.b":1}}""", "acceptedPolicies['a.b']", "Is not of the expected type.")]
    [InlineData("""{"account":"acme"}""", "account", "Must be an object.")]
    [InlineData("""{"account":{"contact":{"email":false}}}""", "account.contact.email", "Must be a string.")]
    [InlineData("""{"credentials":{"access_token":[]}}""", "credentials.access_token", "Must be a string.")]
    public Task Of_an_installation(string json, string key, string message) => ShouldBeToldAsync<UpsertInstallationRequest>(json, key, message);

    [Theory]
    [InlineData("""{"metadata":{"a":1,"a":2}}""", "metadata", "Holds something more than once.")]
    [InlineData("""{"name":["main"]}""", "name", "Must be a string.")]
    public Task Of_a_resource(string json, string key, string message) => ShouldBeToldAsync<ProvisionResourceRequest>(json, key, message);

    [Fact]
    public async Task Of_any_body_something_is_told_and_nothing_thrown()
    {
        var refused = 0;
        for (var seed = 0; seed < 20_000; seed++)
        {
            var json = Member(new Random(seed), depth: 0)["\"\":".Length..];
            foreach (var error in new[] { await ErrorOfAsync<DeleteInstallationRequest>(json), await ErrorOfAsync<UpsertInstallationRequest>(json), await ErrorOfAsync<ProvisionResourceRequest>(json) })
            {
                if (error is null)
                    continue;
                error.Fields.ShouldHaveSingleItem(json).Message.ShouldNotBeEmpty();
                refused++;
            }
        }

        refused.ShouldBeInRange(10_000, 59_000, "else the bodies are all alike");
    }

    /// <summary>A member of an object, with names that are known and values that are not what is expected, sometimes no JSON at all.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "A seed makes it the same each time.")]
    private static string Member(Random random, int depth)
    {
        string[] names = ["reason", "cascadeResourceDeletion", "scopes", "acceptedPolicies", "account", "contact", "email", "url", "credentials", "access_token", "metadata", "name", "a.b", "", "[0]", "\\ud800", "reaso\\u006e", "account\\ud800x"];
        string[] values = ["1", "true", "null", "\"a\"", "\"\\ud800\"", "1e400", "tru", "", "\"", "[", "}"];
        string Name() => depth == 0 ? "" : names[random.Next(names.Length)];
        var many = random.Next(4);
        var value = (depth == 0 ? 0 : random.Next(depth > 4 ? 2 : 4)) switch
        {
            0 when depth == 0 => Object(),
            0 => values[random.Next(4)],
            1 => values[random.Next(values.Length)],
            2 => "[" + string.Join(',', Enumerable.Range(0, many).Select(_ => Member(random, depth + 1).Split(':', 2)[1])) + "]",
            _ => Object(),
        };
        return $"\"{Name()}\":{value}";

        string Object() => "{" + string.Join(',', Enumerable.Range(0, many).Select(_ => Member(random, depth + 1))) + "}";
    }

    private static async Task ShouldBeToldAsync<T>(string json, string key, string message)
        where T : class, new()
    {
        var error = (await ErrorOfAsync<T>(json)).ShouldNotBeNull();

        var field = error.Fields.ShouldHaveSingleItem();
        (error.Code, field.Key, field.Message).ShouldBe(("bad_request", key, message));
    }

    private static async Task<Error?> ErrorOfAsync<T>(string json)
        where T : class, new()
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return (await JsonBody.ReadAsync<T>(context.Request)).Error;
    }
}
