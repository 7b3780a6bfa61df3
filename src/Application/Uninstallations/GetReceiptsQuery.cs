using MediatR;
using Partner.Application.Pipeline;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Uninstallations;

/// <summary>The proof that an installation was erased, for whoever asks (step E6). Newest life first.</summary>
public sealed record GetReceiptsQuery(string InstallationId) : IQuery<IReadOnlyList<Receipt>>, IRunByService;

/// <summary>What stays of an installation after its purge: nothing personal.</summary>
/// <param name="Style">Who asked for the uninstall: <c>user</c> or <c>system</c>.</param>
public sealed record Receipt(
    string InstallationId,
    DateTimeOffset RequestedAt,
    string Style,
    DateTimeOffset? FinalizedAt,
    DateTimeOffset PurgedAt,
    int ResourcesErased,
    int ResourcesDetached,
    int RecordsErased);

internal sealed class GetReceiptsHandler(IUninstallationRepository uninstallations) : IRequestHandler<GetReceiptsQuery, Outcome<IReadOnlyList<Receipt>>>
{
    public async Task<Outcome<IReadOnlyList<Receipt>>> Handle(GetReceiptsQuery query, CancellationToken cancellationToken)
    {
        var id = Domain.Installations.InstallationId.Parse(query.InstallationId);
        if (!id.IsSuccess)
            return id.Error;
        var purged = await uninstallations.FindReceiptsAsync(id.Value, cancellationToken);
        return purged.Select(uninstallation => new Receipt(
            uninstallation.InstallationId.Value,
            uninstallation.RequestedAt,
            uninstallation.Style == Domain.SharedKernel.CallerStyle.User ? "user" : "system",
            uninstallation.FinalizedAt,
            uninstallation.PurgedAt!.Value,
            uninstallation.ResourcesErased,
            uninstallation.ResourcesDetached,
            uninstallation.RecordsErased)).ToList();
    }
}
