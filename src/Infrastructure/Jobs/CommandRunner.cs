using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Pipeline;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Jobs;

/// <summary>Runs a use case for a job: in a scope of its own, its writes behind those of requests.</summary>
internal sealed class CommandRunner(IServiceScopeFactory scopes)
{
    /// <exception cref="InvalidOperationException">The use case refused, which a job of ours gives it no reason to.</exception>
    public async Task<T> RunAsync<T>(ICommand<T> command, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<PartnerDbContext>().IsBackground = true;
        var outcome = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(command, cancellationToken);
        return outcome.IsSuccess ? outcome.Value! : throw new InvalidOperationException($"{command.GetType().Name} was refused: {outcome.Error.Code}");
    }
}
