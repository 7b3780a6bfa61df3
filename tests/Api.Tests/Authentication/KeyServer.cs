using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

/// <summary>Vercel's key endpoint in the test's hands: counts fetches, answers what it is told.</summary>
public sealed class KeyServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _paths = [];
    private volatile Func<HttpContext, Task> _answer;

    private KeyServer(WebApplication app, Func<HttpContext, Task> answer)
    {
        (_app, _answer) = (app, answer);
        app.Run(context =>
        {
            _paths.Enqueue(context.Request.Path);
            return _answer(context);
        });
    }

    public int Fetches => _paths.Count;

    public IEnumerable<string> Paths => _paths;

    public string JwksUri { get; private set; } = "";

    public static async Task<KeyServer> StartAsync(params TestKey[] keys)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new KeyServer(builder.Build(), _ => Task.CompletedTask);
        server.Publish(keys);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        server.JwksUri = $"{server._app.Urls.Single()}/.well-known/jwks";
        return server;
    }

    public void Publish(params TestKey[] keys) => PublishText(TestKey.Jwks(keys.Select(key => key.ToJwk())));

    public void PublishText(string text, string contentType = "text/plain") => Answer(context =>
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text);
    });

    public void Fail(int status = StatusCodes.Status500InternalServerError) => Answer(context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    });

    /// <summary>Takes the request and says nothing until the client is gone.</summary>
    public void Hang() => Drip("");

    /// <summary>Begins an answer, and goes on with a space every tenth of a second until the client is gone; with nothing to begin with, says nothing at all.</summary>
    public void Drip(string begin) => Answer(async context =>
    {
        try
        {
            if (begin.Length > 0)
                await context.Response.WriteAsync(begin, context.RequestAborted);
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromSeconds(0.1), context.RequestAborted);
                if (begin.Length > 0)
                    await context.Response.WriteAsync(" ", context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client is gone.
        }
    });

    public void Answer(Func<HttpContext, Task> answer) => _answer = answer;

    public Task UntilFetchedAsync(int times) => Eventually.TrueAsync(() => Fetches >= times, $"The keys were not fetched {times} times.");

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
