using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Application.Events;
using Partner.Application.Ports;
using Partner.Domain.Installations.Events;
using Partner.Domain.Resources.Events;
using Partner.Domain.SharedKernel;
using Partner.Domain.Webhooks.Events;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Outbox;

/// <summary>
/// Hands what has happened to whoever acts on it, in batches, and then takes it out of the outbox. What fails stays and is tried
/// again after a growing pause; nothing is dropped.
/// </summary>
internal sealed partial class OutboxService(IServiceScopeFactory scopes, OutboxSignal signal, TimeProvider time, ILogger<OutboxService> logger) : BackgroundService
{
    private const int MaxBatch = 200;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    /// <summary>A breath, so that under load many events go in one batch and requests keep the processor.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await DispatchAsync(stoppingToken) == MaxBatch)
                {
                    // More is waiting.
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception);
            }

            await signal.WaitAsync(PollInterval, stoppingToken);
            await Task.Delay(Gather, stoppingToken);
        }
    }

    /// <returns>How many messages were taken up.</returns>
    internal async Task<int> DispatchAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        db.IsBackground = true;
        var now = time.Now();
        var noPause = Backoff.Furthest(now);
        var messages = await db.Outbox.AsNoTracking().Where(message => message.NextAttemptAt <= now || message.NextAttemptAt > noPause).OrderBy(message => message.NextAttemptAt).Take(MaxBatch).ToListAsync(cancellationToken);
        if (messages.Count == 0)
            return 0;

        foreach (var batch in messages.GroupBy(message => message.Type, StringComparer.Ordinal))
        {
            var readable = new List<OutboxMessage>();
            var events = new List<IDomainEvent>();
            foreach (var message in batch)
            {
                try
                {
                    events.Add(OutboxEvents.Read(message));
                    readable.Add(message);
                }
                catch (Exception exception)
                {
                    Postpone(db, [message], now, exception); // Alone: the others of its kind do not wait for it.
                }
            }

            if (events.Count == 0)
                continue;
            try
            {
                Hand(scope.ServiceProvider, events);
                var ids = readable.ConvertAll(message => message.Id);
                db.Statements.Add(ct => db.Outbox.Where(message => ids.Contains(message.Id)).ExecuteDeleteAsync(ct));
            }
            catch (Exception exception)
            {
                Postpone(db, readable, now, exception);
            }
        }

        await scope.ServiceProvider.GetRequiredService<IWriter>().WriteAsync(db, cancellationToken);
        return messages.Count;
    }

    private void Postpone(PartnerDbContext db, List<OutboxMessage> messages, DateTimeOffset now, Exception exception)
    {
        Log.NotHandled(logger, messages[0].Type, messages.Count, exception);
        foreach (var attempts in messages.GroupBy(message => message.Attempts + 1))
        {
            var same = attempts.Select(message => message.Id).ToList();
            var next = now + Backoff.After(attempts.Key);
            db.Statements.Add(ct => db.Outbox.Where(message => same.Contains(message.Id)).ExecuteUpdateAsync(row => row.SetProperty(message => message.Attempts, attempts.Key).SetProperty(message => message.NextAttemptAt, next), ct));
        }
    }

    private static void Hand(IServiceProvider services, List<IDomainEvent> events)
    {
        switch (events[0])
        {
            case InstallationUninstalled:
                Hand<InstallationUninstalled>(services, events);
                break;
            case InstallationFinalized:
                Hand<InstallationFinalized>(services, events);
                break;
            case ResourceRemoved:
                Hand<ResourceRemoved>(services, events);
                break;
            case WebhookRecorded:
                Hand<WebhookRecorded>(services, events);
                break;
            default:
                throw new InvalidOperationException($"Nobody acts on {events[0].GetType().Name}.");
        }
    }

    private static void Hand<TEvent>(IServiceProvider services, List<IDomainEvent> events)
        where TEvent : IDomainEvent
    {
        foreach (var handler in services.GetServices<IDomainEventHandler<TEvent>>())
            handler.Handle([.. events.Cast<TEvent>()]);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The outbox could not be read or written; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Acting on {Count} events {Type} failed; they stay in the outbox")]
        public static partial void NotHandled(ILogger logger, string type, int count, Exception exception);
    }
}
