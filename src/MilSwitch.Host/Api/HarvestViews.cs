using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Harvest;

namespace MilSwitch.Host.Api;

/// <summary>A certificate that came with mail.</summary>
/// <param name="Id">Its name within the security domain: the certificate's digest and the address.</param>
/// <param name="Domain">The security domain whose mail it came with.</param>
/// <param name="Address">For whom it is.</param>
/// <param name="Subject">Whom it names.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="Serial">Its number, in hexadecimal.</param>
/// <param name="NotAfter">The end of its validity.</param>
/// <param name="State">waiting: used when the domain trusts its issuer; allowed; forbidden.</param>
/// <param name="IssuerTrusted">The domain trusted its issuer when it came.</param>
/// <param name="Seen">When it came last, to the day.</param>
/// <param name="DecidedBy">Who allowed or forbade it; null: nobody.</param>
public sealed record HarvestedView(
    string Id, string Domain, string Address, string Subject, string Issuer, string Serial, DateTimeOffset NotAfter, string State, bool IssuerTrusted, DateTimeOffset Seen, string? DecidedBy)
{
    public static HarvestedView Of(string domain, HarvestEntry e) => new(
        e.Id, domain, e.Address.Text, e.Certificate.Subject.ToString(), e.Certificate.Issuer.ToString(), e.Certificate.SerialText, e.Certificate.NotAfter,
        e.State switch { HarvestState.Approved => "allowed", HarvestState.Refused => "forbidden", _ => "waiting" }, e.IsIssuerTrusted, e.Seen, e.DecidedBy.Length > 0 ? e.DecidedBy : null);
}

/// <param name="Domain">The security domain.</param>
/// <param name="Id">Of the certificate in it.</param>
/// <param name="Reason">Why; kept in the audit trail.</param>
public sealed record HarvestRequest(string? Domain, string? Id, string? Reason);
