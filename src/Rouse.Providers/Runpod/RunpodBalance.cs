namespace Rouse.Providers.Runpod;

/// <summary>In US dollars.</summary>
/// <param name="Left">What the account has.</param>
/// <param name="SpendPerHour">What everything that runs there costs now.</param>
public sealed record RunpodBalance(decimal Left, decimal SpendPerHour);

/// <param name="Message">For the user; never tells the key.</param>
public sealed record RunpodKeyState(bool IsValid, string Message);
