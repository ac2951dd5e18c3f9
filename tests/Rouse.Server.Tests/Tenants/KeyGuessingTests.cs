using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rouse.FakeRunpod;
using Rouse.Server.Auth;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Server.Tests.Tenants;

/// <summary>Whoever guesses keys has a few tries a minute, takes no memory, and keeps nobody else out.</summary>
public sealed class KeyGuessingTests(ITestOutputHelper output)
{
    private const long MostBytes = 50L << 20;
    private static readonly IPAddress s_attacker = IPAddress.Parse("203.0.113.9");

    /// <summary><c>ROUSE_KEY_GUESSES=1000000</c> takes minutes.</summary>
    private static int Guesses => int.TryParse(Environment.GetEnvironmentVariable("ROUSE_KEY_GUESSES"), CultureInfo.InvariantCulture, out var count) ? count : 20_000;

    [Fact]
    public async Task RandomKeysOfOneAddress_ReachTheProviderAFewTimesAMinute()
    {
        await using var runpod = await FakeRunpodServer.StartAsync();
        IApplicationBuilder app = null!;
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(options => options with
        {
            Wrap = built => app = built, ApiKeys = "alice=alice-key-0123456789", Time = time,
            Runpod = new RunpodHostOptions { Image = "rouse/worker:test", ApiUrl = runpod.ManagementUrl, JobsUrl = runpod.JobsUrl },
        });
        var book = app.ApplicationServices.GetRequiredService<CredentialBook>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        Dictionary<int, int> answers = [];
        for (var i = 0; i < Guesses; i++)
        {
            // A minute passes three times.
            if (i % (Guesses / 4) == Guesses / 8) time.Advance(KeyChecksBudget.Window);
            var found = await book.IdentifyAsync("rpa_" + Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), new Visitor(s_attacker, CancellationToken.None));
            Assert.Null(found.Caller);
            answers[found.Refusal!.Code.Status] = answers.GetValueOrDefault(found.Refusal.Code.Status) + 1;
        }

        var asked = runpod.Calls.Count;
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Guesses:N0} random keys in 5 minutes of the clock: {asked} reached the provider, {answers.GetValueOrDefault(429):N0} answered 429, {grown / 1048576.0:F1} MiB grown, {Guesses / watch.Elapsed.TotalSeconds:N0}/s"));
        Assert.Equal(5 * KeyChecksBudget.StandardPerAddress, asked);
        Assert.Equal((asked, Guesses - asked), (answers[401], answers[429]));
        Assert.True(grown < MostBytes, $"{grown} bytes");

        // Others have their own tries, and who is known is not counted at all.
        runpod.AddAccount("guest", 10, "rpa_first_key_of_the_guest");
        var guest = await book.IdentifyAsync("rpa_first_key_of_the_guest", new Visitor(IPAddress.Parse("198.51.100.1"), CancellationToken.None));
        Assert.NotNull(guest.Caller);
        Assert.NotNull((await book.IdentifyAsync("rpa_first_key_of_the_guest", new Visitor(s_attacker, CancellationToken.None))).Caller);
        Assert.NotNull((await book.IdentifyAsync("alice-key-0123456789", new Visitor(s_attacker, CancellationToken.None))).Caller);
    }

    [Fact]
    public void Addresses_AreRememberedUpToABound_AndTriesOfAllTogetherAreBounded()
    {
        var time = new ManualTime();
        var budget = new KeyChecksBudget(KeyChecksBudget.StandardPerAddress, time);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var taken = 0;
        for (var i = 0; i < 200_000; i++)
        {
            if (budget.TryTake(new IPAddress(BitConverter.GetBytes(0x0a000000 + i)))) taken++;
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"200,000 addresses: {budget.Addresses:N0} remembered, {taken} tries, {grown / 1048576.0:F1} MiB"));
        Assert.Equal(KeyChecksBudget.Together, taken);
        Assert.True(budget.Addresses <= KeyChecksBudget.MaxAddresses);
        Assert.True(grown < MostBytes, $"{grown} bytes");
        time.Advance(KeyChecksBudget.Window);
        Assert.True(budget.TryTake(s_attacker));
    }

    [Fact]
    public void OneIPv6Network_IsOneAddress()
    {
        var budget = new KeyChecksBudget(1, new ManualTime());
        Assert.True(budget.TryTake(IPAddress.Parse("2001:db8:1:2::1")));
        Assert.False(budget.TryTake(IPAddress.Parse("2001:db8:1:2:ffff::1")));
        Assert.True(budget.TryTake(IPAddress.Parse("2001:db8:1:3::1")));
        Assert.True(budget.TryTake(IPAddress.Parse("192.0.2.1")));
        Assert.False(budget.TryTake(IPAddress.Parse("::ffff:192.0.2.1")));
        Assert.True(budget.TryTake(null));
    }
}
