namespace CaptchaCluster.Sites;

/// <summary>Says which generations may redeem. Asked by the owner of the ledger at the moment of recording (I8).</summary>
public interface ISiteAuthority
{
    bool Accepts(SiteKey site, Generation generation, UnixSeconds now);
}
