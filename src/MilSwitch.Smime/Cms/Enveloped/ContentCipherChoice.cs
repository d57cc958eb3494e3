namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>Ciphers that content is made with. GCM makes AuthEnvelopedData, CBC EnvelopedData.</summary>
public enum ContentCipherChoice : byte
{
    Aes256Gcm,
    Aes128Gcm,
    Aes256Cbc,
    Aes128Cbc,
}
