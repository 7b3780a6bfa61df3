using Partner.Application.Ports;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Tests.Fakes;

internal sealed class FakeCaller : ICaller
{
    public CallerStyle Style { get; set; } = CallerStyle.User;

    public string? InstallationId { get; set; } = "icfg_1";

    public string AccountId { get; set; } = "acc_1";

    public string? UserRole { get; set; } = "ADMIN";
}
