using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Partner.Api.Authentication;
using Partner.Api.Errors;
using Partner.Api.Http;
using Partner.Application.Resources;
using Partner.Domain.Installations;

namespace Partner.Api.Resources;

/// <summary>The resources of an installation.</summary>
[ApiController]
[Authorize(Policies.Marketplace)]
[Route("v1/installations/{installationId}/resources")]
[Tags("Resources")]
public sealed class ResourcesController(IMediator mediator) : ControllerBase
{
    /// <summary>Provision Resource: a customer buys. The answer holds the resource's secrets, this once.</summary>
    [HttpPost]
    [EndpointName("provisionResource")]
    [ReadsBody<ProvisionResourceRequest>]
    [ProducesResponseType<ResourceResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status404NotFound)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status409Conflict)]
    public async Task<IActionResult> ProvisionAsync(string installationId, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<ProvisionResourceRequest>(Request);
        if (!body.IsSuccess)
            return AnswerResult.Of(body.Error);
        var id = InstallationId.Parse(installationId);
        if (!id.IsSuccess)
            return AnswerResult.Of(id.Error);
        var request = body.Value;
        return AnswerResult.Of(await mediator.Send(new ProvisionResourceCommand(installationId, request.ProductId, request.BillingPlanId, request.Name, request.Metadata, Request.IdempotencyKeys()), cancellationToken));
    }

    /// <summary>Get Resource: as Vercel shows it; <c>uninstalled</c> from an uninstall on.</summary>
    [HttpGet("{resourceId}")]
    [EndpointName("getResource")]
    [ProducesResponseType<ResourceResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status404NotFound)]
    public async Task<IActionResult> GetAsync(string installationId, string resourceId, CancellationToken cancellationToken)
    {
        var id = InstallationId.Parse(installationId);
        return id.IsSuccess ? AnswerResult.Of(await mediator.Send(new GetResourceQuery(installationId, resourceId), cancellationToken)) : AnswerResult.Of(id.Error);
    }

    /// <summary>Delete Resource: cut off at once, destroyed soon after; 204 also for one that is gone.</summary>
    [HttpDelete("{resourceId}")]
    [EndpointName("deleteResource")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status400BadRequest)]
    public async Task<IActionResult> DeleteAsync(string installationId, string resourceId, CancellationToken cancellationToken)
    {
        var id = InstallationId.Parse(installationId);
        return id.IsSuccess ? AnswerResult.Of(await mediator.Send(new DeleteResourceCommand(installationId, resourceId, Request.IdempotencyKeys()), cancellationToken)) : AnswerResult.Of(id.Error);
    }
}
