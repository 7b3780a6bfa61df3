using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Tests.Fakes;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Application.Tests.Pipeline;

public sealed class AuthorizingACall
{
    private readonly FakeCaller _caller = new();
    private readonly FakeInstallations _installations = new();
    private readonly FakeProtector _protector = new();
    private bool _ran;

    [Fact, Rule("A4", "A5")]
    public async Task An_admin_of_this_installation_may() => (await AskAsync(new Deed())).ShouldBeNull();

    [Theory, Rule("A4")]
    [InlineData("icfg_2")]
    [InlineData("ICFG_1")]
    [InlineData("icfg_1 ")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_user_of_another_installation_may_not(string? claimed)
    {
        _caller.InstallationId = claimed;
        await IsForbiddenAsync(new Deed());
    }

    [Theory, Rule("A5")]
    [InlineData("USER")]
    [InlineData("admin")]
    [InlineData("Admin")]
    [InlineData("ADMIN ")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_user_who_is_not_exactly_ADMIN_may_not(string? role)
    {
        _caller.UserRole = role;
        var error = await IsForbiddenAsync(new Deed());
        error.UserMessage.ShouldNotBeNullOrEmpty("Vercel shows it to the user");
    }

    [Fact, Rule("A6")]
    public async Task A_user_without_that_role_may_what_changes_nothing()
    {
        _caller.UserRole = "USER";
        (await AskAsync(new Deed { RequiresAdmin = false })).ShouldBeNull();
    }

    [Theory, Rule("A6")]
    [InlineData(CallerStyle.User, CallerStyle.System)]
    [InlineData(CallerStyle.System, CallerStyle.User)]
    public async Task A_style_that_the_endpoint_is_not_for_may_not(CallerStyle style, CallerStyle allowed)
    {
        _caller.Style = style;
        await IsForbiddenAsync(new Deed { AllowedStyles = [allowed] });
    }

    [Fact, Rule("A5")]
    public async Task The_system_needs_no_role()
    {
        (_caller.Style, _caller.UserRole) = (CallerStyle.System, null);
        (await AskAsync(new Deed())).ShouldBeNull();
    }

    [Fact, Rule("A4")]
    public async Task The_system_with_another_installation_may_not()
    {
        (_caller.Style, _caller.InstallationId) = (CallerStyle.System, "icfg_2");
        await IsForbiddenAsync(new Deed());
    }

    [Fact, Rule("A4")]
    public async Task The_system_without_an_installation_may_if_the_account_is_the_stored_one()
    {
        Store("acc_1");
        (_caller.Style, _caller.InstallationId) = (CallerStyle.System, null);
        (await AskAsync(new Deed())).ShouldBeNull();
    }

    [Theory, Rule("A4")]
    [InlineData("acc_2")]
    [InlineData("ACC_1")]
    [InlineData("")]
    public async Task The_system_without_an_installation_may_not_with_another_account(string account)
    {
        Store("acc_1");
        (_caller.Style, _caller.InstallationId, _caller.AccountId) = (CallerStyle.System, null, account);
        await IsForbiddenAsync(new Deed());
    }

    [Fact, Rule("A4", "D1")]
    public async Task The_system_without_an_installation_may_ask_for_one_that_nobody_has()
    {
        (_caller.Style, _caller.InstallationId) = (CallerStyle.System, null);
        (await AskAsync(new Deed())).ShouldBeNull();
    }

    [Fact, Rule("A4")]
    public async Task A_user_without_an_installation_may_not_even_with_the_right_account()
    {
        Store("acc_1");
        _caller.InstallationId = null;
        await IsForbiddenAsync(new Deed());
    }

    [Fact, Rule("A4", "A5")]
    public async Task The_installation_is_checked_before_the_role()
    {
        (_caller.InstallationId, _caller.UserRole) = ("icfg_2", "USER");
        (await IsForbiddenAsync(new Deed())).UserMessage.ShouldBeNull("nobody is told about roles of somebody else's installation");
    }

    private void Store(string accountId)
    {
        var key = Guid.NewGuid();
        _installations.Account = new InstallationAccount(key, _protector.HashAccount(key, accountId));
    }

    private async Task<Error> IsForbiddenAsync(Deed deed)
    {
        var error = (await AskAsync(deed)).ShouldNotBeNull();
        error.Kind.ShouldBe(ErrorKind.Forbidden);
        error.Code.ShouldBe("forbidden");
        _ran.ShouldBeFalse();
        return error;
    }

    private async Task<Error?> AskAsync(Deed deed)
    {
        var behaviour = new AuthorizationBehaviour<Deed, Outcome<Done>>(_caller, _installations, _protector);
        var outcome = await behaviour.Handle(deed, TestContext.Current.CancellationToken, () =>
        {
            _ran = true;
            return Task.FromResult<Outcome<Done>>(new Done(1));
        });
        return outcome.Error;
    }
}
