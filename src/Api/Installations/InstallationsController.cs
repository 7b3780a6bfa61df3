using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Partner.Api.Authentication;
using Partner.Api.Errors;
using Partner.Api.Http;
using Partner.Application.Installations;
using Partner.Domain.Installations;

namespace Partner.Api.Installations;

/// <summary>An installation's life, as Vercel calls it.</summary>
[ApiController]
[Authorize(Policies.Marketplace)]
[Route("v1/installations/{installationId}")]
[Tags("Installations")]
public sealed class InstallationsController(IMediator mediator) : ControllerBase
{
    /// <summary>Upsert Installation: a customer installs, or Vercel tells about the installation anew.</summary>
    [HttpPut]
    [EndpointName("upsertInstallation")]
    [ReadsBody<UpsertInstallationRequest>]
    [ProducesResponseType<InstallationResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status409Conflict)]
    public async Task<IActionResult> UpsertAsync(string installationId, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<UpsertInstallationRequest>(Request);
        if (!body.IsSuccess)
            return AnswerResult.Of(body.Error);
        var id = InstallationId.Parse(installationId);
        if (!id.IsSuccess)
            return AnswerResult.Of(id.Error);
        var request = body.Value;
        return AnswerResult.Of(await mediator.Send(new UpsertInstallationCommand(installationId, request.Scopes, request.AcceptedPolicies, request.Credentials, request.Account, Request.IdempotencyKeys()), cancellationToken));
    }

    /// <summary>Get Installation: what Vercel shows beside it.</summary>
    [HttpGet]
    [EndpointName("getInstallation")]
    [ProducesResponseType<InstallationResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status404NotFound)]
    public async Task<IActionResult> GetAsync(string installationId, CancellationToken cancellationToken)
    {
        var id = InstallationId.Parse(installationId);
        return id.IsSuccess ? AnswerResult.Of(await mediator.Send(new GetInstallationQuery(installationId), cancellationToken)) : AnswerResult.Of(id.Error);
    }

    /// <summary>
    /// Delete Installation: the customer leaves. Access ends with this answer; everything is erased when the window for final
    /// invoices is over, or at once if there is nothing to invoice (<c>finalized: true</c>).
    /// </summary>
    [HttpDelete]
    [EndpointName("deleteInstallation")]
    [ReadsBody<DeleteInstallationRequest>(IsOptional = true)]
    [ProducesResponseType<DeleteInstallationResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status409Conflict)]
    public async Task<IActionResult> DeleteAsync(string installationId, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync<DeleteInstallationRequest>(Request);
        if (!body.IsSuccess)
            return AnswerResult.Of(body.Error);
        var id = InstallationId.Parse(installationId);
        if (!id.IsSuccess)
            return AnswerResult.Of(id.Error);
        return AnswerResult.Of(await mediator.Send(new DeleteInstallationCommand(installationId, body.Value.CascadeResourceDeletion, body.Value.Reason, Request.IdempotencyKeys()), cancellationToken));
    }
}
