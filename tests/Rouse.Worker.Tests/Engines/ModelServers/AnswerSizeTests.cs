using System.Net.Http.Headers;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Process;

namespace Rouse.Worker.Tests.Engines.ModelServers;

/// <summary>No answer fills the memory, whatever it says of its size.</summary>
public sealed class AnswerSizeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnAnswer_LargerThanWhatIsLeft_IsRefused(bool saysItsLength)
    {
        using var response = new HttpResponseMessage { Content = new StreamContent(new MemoryStream(new byte[10])) };
        response.Content.Headers.ContentLength = saysItsLength ? 10 : null;
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        await Assert.ThrowsAsync<EngineException>(() => AnswerReader.BytesAsync(response, CancellationToken.None, most: 9));
    }
}
