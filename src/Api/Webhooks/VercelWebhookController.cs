using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Partner.Api.Errors;
using Partner.Api.Http;
using Partner.Application.Webhooks;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure.Marketplace;

namespace Partner.Api.Webhooks;

/// <summary>What Vercel tells of its own accord.</summary>
[ApiController]
[AllowAnonymous] // The signature is the check.
[Route("webhooks/vercel")]
[Tags("Webhooks")]
public sealed class VercelWebhookController(IMediator mediator, IOptions<VercelOptions> vercel) : ControllerBase
{
    /// <summary>Largest event, in bytes.</summary>
    internal const int MaxBytes = 256 * 1024;

    private static readonly Error NotSigned = new(ErrorKind.NotSigned, "forbidden", $"The header {VercelSignature.Header} is not the body's signature.");

    /// <summary>Receive Webhook: an event of Vercel's is stored, once, and worked on after the answer.</summary>
    [HttpPost]
    [RequestSizeLimit(8 * MaxBytes)] // Kestrel counts the frames of a chunked body too, and we count the body alone.
    [EndpointName("receiveVercelWebhook")]
    [ReadsBody<VercelWebhookRequest>(MaxBytes = MaxBytes)]
    [ProducesResponseType<RecordWebhookResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status400BadRequest)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status403Forbidden)]
    [ProducesResponseType<ErrorEnvelope>(StatusCodes.Status413PayloadTooLarge)]
    public async Task<IActionResult> ReceiveAsync(CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadBytesAsync(Request, MaxBytes);
        if (!body.IsSuccess)
            return AnswerResult.Of(body.Error);
        if (VercelSignature.Read(Request.Headers[VercelSignature.Header]) is not { } signature || !VercelSignature.IsOf(signature, body.Value, vercel.Value))
            return AnswerResult.Of(NotSigned);
        var happened = VercelEvent.Parse(body.Value);
        return happened.IsSuccess ? AnswerResult.Of(await mediator.Send(new RecordWebhookCommand(happened.Value), cancellationToken)) : AnswerResult.Of(happened.Error);
    }
}
