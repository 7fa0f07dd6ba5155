using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>Reads bodies where they lie.</summary>
internal static class RequestBody
{
    /// <summary>
    /// Waits until the request's reader has the whole body, for one read; false where it is longer than
    /// <see cref="RequestFields.MaxBodyLength"/> (I10). Not the body itself: it would lie in the caller's state as long as he waits.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<bool> ReceiveAsync(HttpRequest request)
    {
        if (request.ContentLength > RequestFields.MaxBodyLength) return false;
        PipeReader reader = request.BodyReader;
        ReadResult read = await reader.ReadAsync();
        while (!read.IsCompleted && read.Buffer.Length <= RequestFields.MaxBodyLength)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync();
        }

        bool isWhole = read.Buffer.Length <= RequestFields.MaxBodyLength;
        reader.AdvanceTo(isWhole ? read.Buffer.Start : read.Buffer.End);
        return isWhole;
    }
}
