namespace Rouse.Server.Http;

/// <summary>The stable codes of <c>/v1</c> and <c>/v2</c> errors, each with its status and title. One list, so that none is spelled twice.</summary>
internal sealed record ErrorCode(string Code, int Status, string Title)
{
    public static readonly ErrorCode InvalidRequest = new("INVALID_DEPLOYMENT_REQUEST", 400, "The deployment request is not valid");
    public static readonly ErrorCode InvalidJson = new("INVALID_JSON", 400, "The body is not valid JSON for this operation");
    public static readonly ErrorCode InvalidParameter = new("INVALID_PARAMETER", 400, "A parameter is not valid");
    public static readonly ErrorCode InvalidWebhook = new("INVALID_WEBHOOK_REQUEST", 400, "The webhook request is not valid");
    public static readonly ErrorCode BadFraming = new("BAD_FRAMING", 400, "The request is framed ambiguously");
    public static readonly ErrorCode BadRequest = new("BAD_REQUEST", 400, "The request cannot be read");
    public static readonly ErrorCode HostNotAllowed = new("HOST_NOT_ALLOWED", 400, "The Host header does not name this machine");
    public static readonly ErrorCode Unauthorized = new("UNAUTHORIZED", 401, "No valid credential");
    public static readonly ErrorCode Forbidden = new("FORBIDDEN", 403, "Your key may not do this");
    public static readonly ErrorCode TenantDisabled = new("TENANT_DISABLED", 403, "Your tenant is disabled");
    public static readonly ErrorCode NotFound = new("NOT_FOUND", 404, "There is nothing here");
    public static readonly ErrorCode DeploymentNotFound = new("DEPLOYMENT_NOT_FOUND", 404, "No such deployment");
    public static readonly ErrorCode WebhookNotFound = new("WEBHOOK_NOT_FOUND", 404, "No such webhook");
    public static readonly ErrorCode DeliveryNotFound = new("DELIVERY_NOT_FOUND", 404, "No such delivery");
    public static readonly ErrorCode MethodNotAllowed = new("METHOD_NOT_ALLOWED", 405, "This method is not offered here");
    public static readonly ErrorCode RequestTimeout = new("REQUEST_TIMEOUT", 408, "The request came too slowly");
    public static readonly ErrorCode IdempotencyInProgress = new("IDEMPOTENCY_IN_PROGRESS", 409, "The first request with this Idempotency-Key is still running");
    public static readonly ErrorCode WebhookExists = new("WEBHOOK_EXISTS", 409, "There is a webhook of this URL");
    public static readonly ErrorCode TooManyWebhooks = new("TOO_MANY_WEBHOOKS", 409, "There are as many webhooks as there may be");
    public static readonly ErrorCode WebhookDisabled = new("WEBHOOK_DISABLED", 409, "The webhook is disabled");
    public static readonly ErrorCode PodAttached = new("POD_ATTACHED", 409, "Another deployment of yours has this pod");
    public static readonly ErrorCode CannotSleep = new("CANNOT_SLEEP", 409, "This deployment cannot be put to sleep or woken");
    public static readonly ErrorCode AttemptOver = new("ATTEMPT_OVER", 410, "This attempt was given up");
    public static readonly ErrorCode TooLarge = new("BODY_TOO_LARGE", 413, "The body is too large");
    public static readonly ErrorCode UnsupportedMediaType = new("UNSUPPORTED_MEDIA_TYPE", 415, "Send application/json in UTF-8");
    public static readonly ErrorCode IdempotencyMismatch = new("IDEMPOTENCY_KEY_REUSED", 422, "This Idempotency-Key was used for another request");
    public static readonly ErrorCode RateLimitExceeded = new("RATE_LIMIT_EXCEEDED", 429, "Too many requests");
    public static readonly ErrorCode TooManyKeyChecks = new("TOO_MANY_KEY_CHECKS", 429, "Too many unknown keys");
    public static readonly ErrorCode Internal = new("INTERNAL", 500, "Something went wrong here");
    public static readonly ErrorCode Stopping = new("STOPPING", 503, "The server is about to stop");
    public static readonly ErrorCode StorageFull = new("STORAGE_FULL", 503, "The store's disk is full");
    public static readonly ErrorCode CredentialUnchecked = new("CREDENTIAL_UNCHECKED", 503, "Your key cannot be checked now");
    public static readonly ErrorCode StorageUnavailable = new("STORAGE_UNAVAILABLE", 503, "The store does not answer");
}
