using Rouse.Server.Http;

namespace Rouse.Server.ServiceJobs;

/// <summary>The codes of queued requests to services.</summary>
internal static class AsyncErrors
{
    public static readonly ErrorCode InvalidTarget = new("INVALID_TARGET", 400, "The method or path is not valid");
    public static readonly ErrorCode InvalidForm = new("INVALID_FORM", 400, "The form cannot be read");
    public static readonly ErrorCode PodNotFound = new("POD_NOT_FOUND", 404, "No such pod");
    public static readonly ErrorCode NotAService = new("NOT_A_SERVICE", 409, "The deployment is a model");
    public static readonly ErrorCode Ambiguous = new("POD_AMBIGUOUS", 409, "Several services have this name");
    public static readonly ErrorCode NotKnownYet = new("SERVICE_NOT_KNOWN_YET", 503, "The service is not known here yet");
    public static readonly ErrorCode NoResult = new("NO_RESULT", 409, "The job has no result");
    public static readonly ErrorCode ResultGone = new("RESULT_GONE", 410, "The result is gone");
    public static readonly ErrorCode SpoolFull = new("SPOOL_FULL", 503, "There is no room for more queued requests");
    public static readonly ErrorCode TenantSpoolFull = new("TENANT_SPOOL_FULL", 507, "Your queued requests take too much room");
    public static readonly ErrorCode SpoolNotShared = new("SPOOL_NOT_SHARED", 503, "Requests cannot be queued here");
}
