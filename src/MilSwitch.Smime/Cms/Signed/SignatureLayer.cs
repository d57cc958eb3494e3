namespace MilSwitch.Smime.Cms.Signed;

/// <summary>Where a signature stands among several (RFC 2634 §1.3.4).</summary>
public enum SignatureLayer : byte
{
    /// <summary>The only one: inner and outer at once.</summary>
    Only,

    /// <summary>Nearest to the content.</summary>
    Inner,

    /// <summary>Around another protection.</summary>
    Outer,
}
