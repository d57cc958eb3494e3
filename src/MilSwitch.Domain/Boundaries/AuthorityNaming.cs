namespace MilSwitch.Domain.Boundaries;

/// <summary>By which of its names a certificate is that of an authority that signs for others (RFC 3183 §3.1.1); agreed with each peer.</summary>
public enum AuthorityNaming : byte
{
    /// <summary>The only common name is the authority's, and so is the local part of every mail address that the certificate has.</summary>
    Rfc3183 = 0,

    /// <summary>The only common name, whatever the mail addresses are.</summary>
    CommonName = 1,

    /// <summary>The local part of a mail address, whatever the common name is.</summary>
    MailAddress = 2,

    /// <summary>An alternative name of the form <c>smtp://host</c> or <c>submit://host</c>: the server itself is named, for each of the roles.</summary>
    Uri = 3,
}
