using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Api.Http;
using Partner.Api.Installations;
using Partner.Api.Resources;
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

    private static async Task ShouldBeToldAsync<T>(string json, string key, string message)
        where T : class, new()
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(json));

        var error = (await JsonBody.ReadAsync<T>(context.Request)).Error.ShouldNotBeNull();

        var field = error.Fields.ShouldHaveSingleItem();
        (error.Code, field.Key, field.Message).ShouldBe(("bad_request", key, message));
    }
}
