using System.Net;

namespace CaptchaCluster.Tests.Processes;

/// <summary>
/// The body of a request that asks whether it may be sent (<c>Expect: 100-continue</c>), and is held back after it may: the
/// server has provably accepted the request by then, and cannot have answered it.
/// </summary>
internal sealed class GatedContent : HttpContent
{
    private readonly HttpContent body;
    private readonly Task opened;
    private readonly TaskCompletionSource admitted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GatedContent(HttpContent body, Task opened)
    {
        this.body = body;
        this.opened = opened;
        Headers.ContentType = body.Headers.ContentType;
    }

    /// <summary>The server is reading the request.</summary>
    public Task Admitted => admitted.Task;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        admitted.SetResult();
        await opened;
        await body.CopyToAsync(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Headers.ContentLength ?? 0;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) body.Dispose();
        base.Dispose(disposing);
    }
}
