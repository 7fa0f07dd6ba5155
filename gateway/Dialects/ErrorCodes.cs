namespace CaptchaCluster.Gateway.Dialects;

/// <summary>Failures as reCAPTCHA words them, and who took after it.</summary>
internal static class ErrorCodes
{
    public static readonly Answer Undecided = new(StatusCodes.Status503ServiceUnavailable, TextOf("internal-error"));

    /// <summary>A verdict, and so 200.</summary>
    public static Answer Failure(params string[] codes) => new(StatusCodes.Status200OK, TextOf(codes));

    public static string TextOf(Refusal refusal) => $$"""{"success":false,"error-codes":["bad-request"],"message":"{{refusal.Message}}"}""";

    private static string TextOf(params string[] codes) => $$"""{"success":false,"error-codes":["{{string.Join("\",\"", codes)}}"]}""";
}
