using System.Buffers.Text;
using System.Text;
using BenchmarkDotNet.Attributes;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Bench.Micro;

/// <summary>The same request in the three types of bodies.</summary>
public class BodyBenchmarks
{
    private const string FormType = "application/x-www-form-urlencoded";
    private const string JsonType = "application/json";
    private const string MultipartType = "multipart/form-data; boundary=b";

    private readonly FieldNames names = new SiteverifyDialect().Fields;
    private readonly byte[] scratch = new byte[RequestFields.MaxScratchLength];
    private readonly byte[] form;
    private readonly byte[] json;
    private readonly byte[] multipart;

    public BodyBenchmarks()
    {
        string secret = new('s', 78);
        string token = Base64Url.EncodeToString(new byte[190]);
        form = Encoding.ASCII.GetBytes($"secret={secret}&response={token}");
        json = Encoding.ASCII.GetBytes($$"""{"secret":"{{secret}}","response":"{{token}}"}""");
        multipart = Encoding.ASCII.GetBytes($"{Part("secret", secret)}{Part("response", token)}--b--\r\n");
        if (new[] { Form(), Json(), Multipart() }.Any(length => length != secret.Length + token.Length)) throw new InvalidOperationException("A parser is wrong.");
    }

    [Benchmark]
    public int Form() => Parse(FormType, form);

    [Benchmark]
    public int Json() => Parse(JsonType, json);

    [Benchmark]
    public int Multipart() => Parse(MultipartType, multipart);

    private static string Part(string name, string value) => $"--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n";

    private int Parse(string type, byte[] body)
    {
        if (RequestFields.Read(names, ContentType.Of(type), body, "", scratch, out RequestFields fields) != ParseOutcome.Parsed) return -1;
        return fields.Secret.Length + fields.Token.Length;
    }
}
