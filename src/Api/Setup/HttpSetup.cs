using System.Diagnostics;
using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Extensions.Options;
using Partner.Api.Demo;
using Partner.Api.Errors;
using Partner.Api.Http;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure;
using Partner.Infrastructure.Product;

namespace Partner.Api.Setup;

/// <summary>How requests come in and errors go out.</summary>
internal static class HttpSetup
{
    public const string TraceHeader = "X-Trace-Id";

    public static string TraceIdOf(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;

    public static void AddPartnerHttp(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSection<HttpOptions>("Http").Configure<IConfiguration>(SplitProxies);
        services.AddSingleton<IValidateOptions<HttpOptions>, HttpOptionsValidator>();
        services.AddPartnerKestrel();
        services.AddExceptionHandler<ExceptionHandler>();
        services.AddProblemDetails();
        services.AddControllers(mvc =>
        {
            // They would read a body that is sent as a form before we see it, so that it looked like none (rule R2).
            mvc.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
            mvc.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
            mvc.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
        }).ConfigureApplicationPartManager(parts =>
        {
            if (!services.Any(service => service.ServiceType == typeof(IDemoKeys)))
                parts.FeatureProviders.Add(new NoDemo());
        });
        services.Configure<ApiBehaviorOptions>(options =>
        {
            options.SuppressMapClientErrors = true;
            options.SuppressModelStateInvalidFilter = true;
        });
        services.AddRouting(options => options.LowercaseUrls = true);
    }

    /// <summary>Everything in front of the endpoints, outermost first.</summary>
    public static void UsePartnerHttp(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<HttpOptions>>().Value;
        if (options.TrustedProxies.Count > 0)
            app.UseForwardedHeaders(Forwarded(options));
        var draining = app.Services.GetRequiredService<Draining>();
        app.Use((context, next) =>
        {
            context.Response.Headers[TraceHeader] = TraceIdOf(context);
            if (draining.IsOn && !HttpProtocol.IsHttp2(context.Request.Protocol))
                context.Response.Headers.Connection = "close"; // The next call on this connection would meet a closed one.
            return next(context);
        });
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = static _ => true });
        app.UseMiddleware<RequestTime>();
        app.UseStatusCodePages(static async status => await ErrorResponses.WriteAsync(status.HttpContext, status.HttpContext.Response.StatusCode, OfStatus(status.HttpContext.Response.StatusCode)));
        if (!string.IsNullOrEmpty(options.PathBase))
        {
            app.UsePathBase(options.PathBase);
            app.Use((context, next) =>
            {
                if (context.Request.PathBase.HasValue)
                    return next(context);
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            });
        }

        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<DotSegments>();
    }

    /// <summary>Another product is sold: the demonstration's own path is not there.</summary>
    private sealed class NoDemo : IApplicationFeatureProvider<ControllerFeature>
    {
        public void PopulateFeature(IEnumerable<ApplicationPart> parts, ControllerFeature feature) => feature.Controllers.Remove(typeof(DemoController).GetTypeInfo());
    }

    private static Error OfStatus(int status) => status switch
    {
        StatusCodes.Status403Forbidden => Error.Forbidden("This is not allowed."),
        StatusCodes.Status404NotFound => Error.NotFound("There is nothing at this path."),
        StatusCodes.Status405MethodNotAllowed => new Error(ErrorKind.Invalid, "method_not_allowed", "This path does not take this method."),
        StatusCodes.Status415UnsupportedMediaType => new Error(ErrorKind.UnsupportedMediaType, "unsupported_media_type", "This path takes no body of this media type."),
        _ => new Error(ErrorKind.Invalid, "bad_request", "The request was refused."),
    };

    private static void SplitProxies(HttpOptions options, IConfiguration configuration)
    {
        if (configuration["Http:TrustedProxies"] is not { Length: > 0 } list)
            return;
        options.TrustedProxies.Clear();
        foreach (var proxy in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            options.TrustedProxies.Add(proxy);
    }

    private static ForwardedHeadersOptions Forwarded(HttpOptions options)
    {
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in options.TrustedProxies)
        {
            if (IPAddress.TryParse(proxy, out var address))
                forwarded.KnownProxies.Add(address);
            else
                forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
        }

        return forwarded;
    }
}
