using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Partner.Api.Errors;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure.Product;

namespace Partner.Api.Demo;

/// <summary>The built-in product's own service: its keys work here, until an uninstall cuts them off.</summary>
[ApiController]
[AllowAnonymous] // The key is the check.
[Route("demo/resources")]
[Tags("Demonstration product")]
public sealed class DemoController(IDemoKeys keys) : ControllerBase
{
    /// <summary>Use Demo Resource: answers while the resource's key works.</summary>
    [HttpGet("{resourceId}")]
    [EndpointName("useDemoResource")]
    [ProducesResponseType(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status401Unauthorized)]
    public async Task<IActionResult> UseAsync(string resourceId, CancellationToken cancellationToken)
    {
        Response.Headers[HeaderNames.CacheControl] = "no-store";
        const string Bearer = "Bearer ";
        var header = Request.Headers.Authorization;
        if (header.Count == 1 && header[0] is { } value && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && await keys.IsValidAsync(resourceId, value[Bearer.Length..].Trim(), cancellationToken))
            return Ok(new { resourceId, status = "ready" });
        Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return Http.AnswerResult.Of(new Error(ErrorKind.Unauthorized, "unauthorized", "This key does not work, or does not work any more."));
    }
}
