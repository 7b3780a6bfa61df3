using MediatR;
using Partner.Application.Pipeline;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Uninstallations;

/// <summary>The proof that an installation was erased, for whoever asks (step E6). Newest life first.</summary>
public sealed record GetReceiptsQuery(string InstallationId) : IQuery<IReadOnlyList<Receipt>>, IRunByService;

internal sealed class GetReceiptsHandler(IUninstallationRepository uninstallations) : IRequestHandler<GetReceiptsQuery, Outcome<IReadOnlyList<Receipt>>>
{
    public async Task<Outcome<IReadOnlyList<Receipt>>> Handle(GetReceiptsQuery query, CancellationToken cancellationToken)
    {
        var id = Domain.Installations.InstallationId.Parse(query.InstallationId);
        if (!id.IsSuccess)
            return id.Error;
        var purged = await uninstallations.FindReceiptsAsync(id.Value, cancellationToken);
        return purged.Select(uninstallation => Receipt.Of(uninstallation.ToPurgedLife()!)).ToList();
    }
}
