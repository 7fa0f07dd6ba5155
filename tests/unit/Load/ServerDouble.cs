using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CaptchaCluster.Tests.Unit.Load;

/// <summary>What a double answers.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">May be empty.</param>
internal sealed record Reply(int Status, string Body)
{
    public const string Success = """{"success":true,"error-codes":[]}""";

    /// <summary>The connection is closed afterwards; announced, or not.</summary>
    public bool Closes { get; init; }

    public bool AnnouncesClosing { get; init; } = true;

    /// <summary>Nothing is answered, ever.</summary>
    public static Reply Silence { get; } = new(0, "");

    public static Reply Of(string body) => new(200, body);
}

/// <summary>A server on loopback that answers what a test says, asked one request at a time. Speaks TLS where it is given a certificate.</summary>
internal sealed class ServerDouble : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly Func<string, Reply?> answer;
    private readonly X509Certificate2? certificate;
    private readonly Lock oneAtATime = new();
    private readonly Task accepting;
    private int connections;

    /// <param name="answer">Gets the body of a request; null: hangs up without an answer.</param>
    /// <param name="certificate">Null for plain HTTP.</param>
    public ServerDouble(Func<string, Reply?> answer, X509Certificate2? certificate = null)
    {
        this.answer = answer;
        this.certificate = certificate;
        listener.Start();
        accepting = AcceptAsync();
    }

    public Uri Url => new($"{(certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/siteverify");

    /// <summary>Hears of every connection, with its number from 1.</summary>
    public Action<int> OnConnected { get; init; } = _ => { };

    public IPEndPoint Address => (IPEndPoint)listener.LocalEndpoint;

    /// <summary>That were ever opened.</summary>
    public int Connections => Volatile.Read(ref connections);

    public static X509Certificate2 NewCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await accepting;
        listener.Stop();
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true) serving.Add(ServeAsync(await listener.AcceptTcpClientAsync(ended.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        OnConnected(Interlocked.Increment(ref connections));
        try
        {
            using (client)
            {
                client.NoDelay = true;
                await using Stream stream = await OpenAsync(client);
                while (await ReadRequestAsync(stream) is { } body && await AnswerAsync(stream, body))
                {
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client went away, or the test is over.
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (certificate is null) return client.GetStream();
        SslStream stream = new(client.GetStream());
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, ended.Token);
        return stream;
    }

    private async Task<string?> ReadRequestAsync(Stream stream)
    {
        byte[] buffer = new byte[16 * 1024];
        int filled = 0;
        while (true)
        {
            string text = Encoding.ASCII.GetString(buffer, 0, filled);
            int head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0)
            {
                string[] lines = text[..head].Split("\r\n");
                int length = int.Parse(lines.Single(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal)).Split(' ')[1]);
                if (filled == head + 4 + length) return text[(head + 4)..];
            }

            int read = await stream.ReadAsync(buffer.AsMemory(filled), ended.Token);
            if (read == 0) return null;
            filled += read;
        }
    }

    private async Task<bool> AnswerAsync(Stream stream, string body)
    {
        Reply? reply;
        lock (oneAtATime) reply = answer(body);
        if (reply is null) return false;
        if (reply == Reply.Silence) await Task.Delay(Timeout.InfiniteTimeSpan, ended.Token);
        string closing = reply is { Closes: true, AnnouncesClosing: true } ? "Connection: close\r\n" : "";
        string head = $"HTTP/1.1 {reply.Status} Whatever\r\n{closing}Content-Length: {reply.Body.Length}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + reply.Body), ended.Token);
        return !reply.Closes;
    }
}
