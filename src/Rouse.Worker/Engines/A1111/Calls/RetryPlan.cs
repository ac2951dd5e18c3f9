namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>How often a request is sent again that came to nothing, and when: as urllib3 counts it with a factor of 0.1, for POST too.</summary>
internal static class RetryPlan
{
    /// <summary>After the first attempt; eleven in all, over 102 s.</summary>
    public const int Retries = 10;

    /// <summary>Unit: seconds.</summary>
    public const double Factor = 0.1;

    /// <summary>0, 0.2, 0.4 … 51.2 s.</summary>
    /// <param name="failures">How many so far: 1 for the first retry.</param>
    public static TimeSpan Pause(int failures) => failures <= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds(Factor * (1L << (failures - 1)));

    /// <summary>Statuses of somebody in between, or of a server that is busy: nothing was begun.</summary>
    public static bool IsPassing(int status) => status is 502 or 503 or 504;
}
