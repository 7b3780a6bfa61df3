using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Authorization;

/// <summary>Who may call what: every endpoint × style × role × installation.</summary>
public sealed class CallingEachEndpoint
{
    private const string UsersOnly = "users", SystemOnly = "system", Both = "both";

    /// <summary>Method, path behind the installation, and which styles the Partner API gives it.</summary>
    public static TheoryData<string, string, string> Endpoints => new()
    {
        { "PUT", "", UsersOnly },
        { "GET", "", SystemOnly },
        { "DELETE", "", Both },
        { "POST", "/resources", UsersOnly },
        { "GET", "/resources/{resource}", SystemOnly },
        { "DELETE", "/resources/{resource}", Both },
    };

    [Theory, MemberData(nameof(Endpoints))]
    [Rule("A4", "A5", "A6")]
    public async Task Is_open_to_the_right_style_role_and_installation_and_to_nobody_else(string method, string path, string styles)
    {
        await using var app = await PartnerApp.StartAsync();
        var neighbour = await app.InstallAsync();
        var mayUser = styles != SystemOnly;
        var maySystem = styles != UsersOnly;
        var account = VercelDefaults.AccountOf;
        (string Who, VercelIdentity By, bool May)[] callers =
        [
            ("ADMIN of it", VercelIdentity.Admin, mayUser),
            ("USER of it", VercelIdentity.ReadOnly, false),
            ("ADMIN of another", VercelIdentity.Admin with { InstallationId = neighbour }, false),
            ("ADMIN of another, with its account", VercelIdentity.Admin with { InstallationId = neighbour, AccountId = "{own}" }, false),
            ("USER of another", VercelIdentity.ReadOnly with { InstallationId = neighbour }, false),
            ("ADMIN of the same in capitals", VercelIdentity.Admin with { InstallationId = "{upper}" }, false),
            ("system of it", VercelIdentity.System, maySystem),
            ("system of it, another account", VercelIdentity.System with { AccountId = account(neighbour) }, maySystem),
            ("system of another", VercelIdentity.System with { InstallationId = neighbour }, false),
            ("system of another, with its account", VercelIdentity.System with { InstallationId = neighbour, AccountId = "{own}" }, false),
            ("system of the same in capitals", VercelIdentity.System with { InstallationId = "{upper}" }, false),
            ("system without installation, its account", VercelIdentity.SystemWithoutInstallation, maySystem),
            ("system without installation, another account", VercelIdentity.SystemWithoutInstallation with { AccountId = account(neighbour) }, false),
            ("system without installation, its account in capitals", VercelIdentity.SystemWithoutInstallation with { AccountId = "{ownUpper}" }, false),
        ];

        var answers = new List<string>();
        foreach (var (who, template, _) in callers)
        {
            var id = await app.InstallAsync();
            var resource = await app.ProvisionAsync(id);
            var by = template with
            {
                InstallationId = template.InstallationId == "{upper}" ? id.ToUpperInvariant() : template.InstallationId,
                AccountId = template.AccountId switch { "{own}" => account(id), "{ownUpper}" => account(id).ToUpperInvariant(), _ when template.InstallationId == "{upper}" => account(id), var other => other },
            };
            var before = await app.Database.DumpAsync();
            var answer = await app.Caller.SendAsync(WithBody(app.Caller.Call(method, id, path.Replace("{resource}", resource.Id, StringComparison.Ordinal), by)));
            answers.Add($"{who}: {(answer.IsSuccess ? "yes" : "no")}");
            if (answer.IsSuccess)
                continue;
            answer.ShouldBeRefused(403, "forbidden");
            (await app.Database.DumpAsync()).ShouldBe(before, $"{who} changed something");
        }

        string.Join('\n', answers).ShouldBe(string.Join('\n', callers.Select(caller => $"{caller.Who}: {(caller.May ? "yes" : "no")}")));
    }

    [Theory, MemberData(nameof(Endpoints))]
    [Rule("A1", "R4")]
    public async Task Is_closed_without_a_token(string method, string path, string styles)
    {
        styles.ShouldNotBeEmpty();
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        var before = await app.Database.DumpAsync();

        var answer = await app.Caller.SendAsync(WithBody(app.Caller.Call(method, id, path.Replace("{resource}", "res_1", StringComparison.Ordinal))) with { Token = null });

        answer.ShouldBeRefused(401, "unauthorized");
        answer.Header("WWW-Authenticate").ShouldBe("Bearer");
        (await app.Database.DumpAsync()).ShouldBe(before);
    }

    [Fact]
    [Rule("A5")]
    public async Task A_user_without_the_role_is_told_so_in_a_sentence()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();

        var answer = await app.UninstallAsync(id, by: VercelIdentity.ReadOnly);

        answer.ShouldBeRefused(403, "forbidden");
        answer.UserMessage.ShouldBe("You need permission to manage integrations in this team to do this. Ask an owner of the team.");
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("Admin")]
    [InlineData("ADMIN ")]
    [InlineData("OWNER")]
    [InlineData("")]
    [Rule("A5")]
    public async Task A_role_that_is_not_exactly_ADMIN_uninstalls_nothing(string role)
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        var before = await app.Database.DumpAsync();

        (await app.UninstallAsync(id, by: VercelIdentity.Admin with { Role = role })).ShouldBeRefused(403, "forbidden");

        (await app.Database.DumpAsync()).ShouldBe(before);
    }

    [Fact]
    [Rule("A4")]
    public async Task Where_nothing_is_stored_a_system_token_without_installation_has_nothing_to_show()
    {
        await using var app = await PartnerApp.StartAsync();
        var unknown = PartnerApp.NewInstallationId();
        var anybody = VercelIdentity.SystemWithoutInstallation with { AccountId = "anybody" };

        (await app.UninstallAsync(unknown, by: anybody)).ShouldBeUninstalled(finalized: true);
        (await app.Caller.GetInstallationAsync(unknown, anybody)).ShouldBeRefused(404, "not_found");
        (await app.Caller.DeleteResourceAsync(unknown, "res_1", by: anybody)).Status.ShouldBe(204);
    }

    [Fact]
    [Rule("A4")]
    public async Task The_account_still_guards_an_installation_in_its_window()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        (await app.UninstallAsync(id, idempotencyKey: "first")).ShouldBeUninstalled(finalized: false);

        (await app.UninstallAsync(id, by: VercelIdentity.SystemWithoutInstallation)).ShouldBeUninstalled(finalized: false);
        var stranger = VercelIdentity.SystemWithoutInstallation with { AccountId = "stranger" };
        (await app.UninstallAsync(id, by: stranger)).ShouldBeRefused(403, "forbidden");
        (await app.UninstallAsync(id, idempotencyKey: "first", by: stranger)).ShouldBeRefused(403, "forbidden");
    }

    [Fact]
    [Rule("A6")]
    public async Task An_upsert_stores_the_account_of_its_token()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        (await app.Caller.InstallAsync(id, by: VercelIdentity.Admin with { AccountId = "abc123" })).Status.ShouldBe(200);

        (await app.Caller.GetInstallationAsync(id, VercelIdentity.SystemWithoutInstallation)).ShouldBeRefused(403, "forbidden");
        (await app.Caller.GetInstallationAsync(id, VercelIdentity.SystemWithoutInstallation with { AccountId = "abc123" })).Status.ShouldBe(200);
    }

    [Fact]
    [Rule("A4", "A6")]
    public async Task A_resource_of_a_neighbour_cannot_be_reached_through_ones_own_installation()
    {
        await using var app = await PartnerApp.StartAsync();
        var (own, neighbour) = (await app.InstallAsync(), await app.InstallAsync());
        var resource = await app.ProvisionAsync(neighbour);

        (await app.Caller.GetResourceAsync(own, resource.Id)).ShouldBeRefused(404, "not_found");
        (await app.Caller.DeleteResourceAsync(own, resource.Id)).Status.ShouldBe(204);
        await app.SettleAsync();

        (await app.UseAsync(resource)).ShouldBe(200);
        (await app.Database.CountAsync("Resources", "Status = 'Ready'")).ShouldBe(1);
    }

    internal static PartnerCall WithBody(PartnerCall call) => (call.Method, call.Path) switch
    {
        ("PUT", _) => call.WithBody("""{"scopes":["read"],"acceptedPolicies":{"toc":"2026-01-01T00:00:00Z"},"credentials":{"access_token":"t","token_type":"Bearer"},"account":{"url":"https://a.example","contact":{"email":"a@a.example"}}}"""),
        ("POST", _) => call.WithBody("""{"productId":"demo","name":"more","metadata":{},"billingPlanId":"free"}"""),
        _ => call,
    };
}
