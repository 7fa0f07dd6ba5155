using CaptchaCluster.Tokens;

namespace CaptchaCluster.Verification;

/// <summary>
/// The published test secrets (Turnstile, "Testing"; reCAPTCHA, FAQ): for integrators' own CI. They accept only the dummy
/// token, and no real secret accepts that.
/// </summary>
public static class TestKeys
{
    private static ReadOnlySpan<byte> DummyToken => "XXXX.DUMMY.TOKEN.XXXX"u8;

    private static ReadOnlySpan<byte> AlwaysPasses => "1x0000000000000000000000000000000AA"u8;

    private static ReadOnlySpan<byte> AlwaysFails => "2x0000000000000000000000000000000AA"u8;

    private static ReadOnlySpan<byte> AlwaysSpent => "3x0000000000000000000000000000000AA"u8;

    private static ReadOnlySpan<byte> RecaptchaAlwaysPasses => "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe"u8;

    /// <summary>False where the secret is not a test secret; all of them are public, so they are compared as they come.</summary>
    public static bool TryJudge(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> token, UnixSeconds now, out Verdict verdict)
    {
        VerdictKind kind;
        if (secret.SequenceEqual(AlwaysPasses) || secret.SequenceEqual(RecaptchaAlwaysPasses)) kind = VerdictKind.Success;
        else if (secret.SequenceEqual(AlwaysFails)) kind = VerdictKind.InvalidToken;
        else if (secret.SequenceEqual(AlwaysSpent)) kind = VerdictKind.Duplicate;
        else
        {
            verdict = default;
            return false;
        }

        if (token.IsEmpty) verdict = new Verdict(VerdictKind.MissingToken);
        else if (!token.SequenceEqual(DummyToken)) verdict = new Verdict(VerdictKind.InvalidSecret);
        else verdict = new Verdict(kind, kind == VerdictKind.InvalidToken ? null : PassToken.Dummy(now));
        return true;
    }
}
