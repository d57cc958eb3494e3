namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>How a key is sent to an RSA recipient. PKCS#1 v1.5 is for correspondents who know nothing else (RFC 8551 §2.3: MUST-).</summary>
public enum KeyTransportChoice : byte
{
    OaepSha256,
    OaepSha384,
    OaepSha512,
    OaepSha1,
    Pkcs1,
}
