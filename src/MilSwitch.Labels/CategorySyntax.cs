namespace MilSwitch.Labels;

/// <summary>How a category is written in ASN.1.</summary>
public enum CategorySyntax : byte
{
    /// <summary>One element for each tag (ACP 145; syntaxes 2.16.840.1.101.2.1.8.3.0 to .4).</summary>
    Acp145 = 0,

    /// <summary>All tags in one <c>StandardSecurityLabel</c> (SDN.801c, MISSI).</summary>
    Missi = 1,
}
