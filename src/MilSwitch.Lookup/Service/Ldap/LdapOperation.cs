using System.Formats.Asn1;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>Tags of protocolOp (RFC 4511 §4.1.1): numbers of the class APPLICATION.</summary>
internal static class LdapOperation
{
    public const int BindRequest = 0;
    public const int BindResponse = 1;
    public const int UnbindRequest = 2;
    public const int SearchRequest = 3;
    public const int SearchResultEntry = 4;
    public const int SearchResultDone = 5;
    public const int ModifyRequest = 6;
    public const int AddRequest = 8;
    public const int DelRequest = 10;
    public const int ModifyDnRequest = 12;
    public const int CompareRequest = 14;
    public const int AbandonRequest = 16;
    public const int ExtendedRequest = 23;
    public const int ExtendedResponse = 24;

    public const string StartTls = "1.3.6.1.4.1.1466.20037";
    public const string NoticeOfDisconnection = "1.3.6.1.4.1.1466.20036";

    public static Asn1Tag Tag(int operation) => new(TagClass.Application, operation, isConstructed: true);
}
