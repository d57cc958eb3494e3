namespace MilSwitch.Smime.Certificates;

/// <summary>The choices of GeneralName (RFC 5280 §4.2.1.6), by their tags, and one otherName that mail needs.</summary>
public enum GeneralNameKind
{
    OtherName = 0,
    Rfc822Name = 1,
    DnsName = 2,
    X400Address = 3,
    DirectoryName = 4,
    EdiPartyName = 5,
    Uri = 6,
    IpAddress = 7,
    RegisteredId = 8,

    /// <summary>An otherName that holds an internationalised mail address (RFC 9598 §3).</summary>
    SmtpUtf8Mailbox = 100,
}
