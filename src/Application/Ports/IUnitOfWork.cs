using Partner.Application.Pipeline;

namespace Partner.Application.Ports;

/// <summary>Makes what a piece of work changes true all at once.</summary>
public interface IUnitOfWork
{
    /// <summary>
    /// Runs <paramref name="work"/> and commits what it changed, with the events its aggregates raised; a refusal commits nothing.
    /// If somebody else changed the same things meanwhile, the work is run again on what is true then, so it must have no effect but
    /// through repositories.
    /// </summary>
    /// <exception cref="HeldElsewhereException">Another process writes the same, and has not ended within two seconds.</exception>
    /// <exception cref="System.Data.Common.DbException">The database is not to be had.</exception>
    Task<TOutcome> ExecuteAsync<TOutcome>(Func<CancellationToken, Task<TOutcome>> work, CancellationToken cancellationToken)
        where TOutcome : IOutcome;
}
