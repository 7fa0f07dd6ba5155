namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>What a client sends must not decide how much is logged.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I10")]
public sealed class QuietTests
{
    [Fact]
    public async Task Bad_requests_leave_no_line_in_the_log()
    {
        using TestDirectory directory = new();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        for (int i = 0; i < 50; i++)
        {
            string reply = await RawHttp.SendAsync(
                gateway.Public.BaseAddress!,
                "POST /siteverify HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n",
                "not a chunk\r\n\r\n");
            Assert.Equal(400, RawHttp.StatusOf(reply));
        }

        Assert.Equal(new GatewayExit(0, ""), await gateway.TerminateAsync());
        Assert.DoesNotContain(" level=error ", gateway.Output.ToString());
        Assert.DoesNotContain("Exception", gateway.Output.ToString());
        Assert.DoesNotContain(" level=warning ", gateway.Output.ToString());
    }
}
