using Partner.Application.Ports;
using Partner.Domain.SharedKernel;

namespace Partner.Integration.Tests.Databases;

/// <summary>A customer's administrator, with a token of the installation <c>icfg_1</c>.</summary>
internal sealed class Admin : ICaller
{
    public CallerStyle Style => CallerStyle.User;

    public string? InstallationId => "icfg_1";

    public string AccountId => "acc_1";

    public string? UserRole => "ADMIN";
}
