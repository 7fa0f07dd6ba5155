using System.Text;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>An answer that is the same every time.</summary>
/// <param name="status">Of HTTP.</param>
/// <param name="json">ASCII.</param>
internal sealed class Answer(int status, string json)
{
    private readonly byte[] json = Encoding.ASCII.GetBytes(json);

    /// <summary>Returns the status.</summary>
    public int WriteTo(ref JsonPieces reply)
    {
        reply.Add(json);
        return status;
    }
}
