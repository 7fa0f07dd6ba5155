using System.Diagnostics;
using CaptchaCluster.Gateway.Hosting;
using Microsoft.AspNetCore.Http;

namespace CaptchaCluster.Tests.Gateway.Hosting;

public sealed class RequestIdTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    private readonly DefaultHttpContext context = new() { TraceIdentifier = "ours" };

    [Fact]
    public void The_callers_trace_is_taken_over()
    {
        context.Request.Headers.TraceParent = $"00-{TraceId}-00f067aa0ba902b7-01";
        Assert.Equal(TraceId, RequestId.Of(context));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("cpt_sec_00112233445566778899aabbccddeeff")]
    [InlineData($"00-{TraceId}-00f067aa0ba902b7")]
    [InlineData($"00-{TraceId}\n-00f067aa0ba902b7-01")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    public void Anything_else_is_not(string? traceparent)
    {
        context.Request.Headers.TraceParent = traceparent;
        context.Request.Headers["X-Request-Id"] = "theirs";
        Assert.Equal("ours", RequestId.Of(context));
    }

    [Fact]
    public void A_trace_that_is_being_recorded_comes_first()
    {
        using Activity activity = new Activity("request").Start();
        context.Request.Headers.TraceParent = $"00-{TraceId}-00f067aa0ba902b7-01";
        Assert.Equal(activity.TraceId.ToHexString(), RequestId.Of(context));
    }

    [Fact]
    public void Whoever_is_told_of_a_failure_is_told_the_id()
    {
        Assert.Equal("ours", RequestId.Tell(context));
        Assert.Equal("ours", context.Response.Headers["X-Request-Id"]);
    }
}
