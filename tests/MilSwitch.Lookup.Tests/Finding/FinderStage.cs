using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Status;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;

namespace MilSwitch.Lookup.Tests.Finding;

/// <summary>A security domain with one anchor, a stranger's authority, and a recipient.</summary>
internal static class FinderStage
{
    public static readonly TestAuthority Root = TestAuthority.Root();
    public static readonly TestAuthority Stranger = TestAuthority.Root("CN=Stranger");
    public static readonly Mailbox Alice = People.Mailbox("alice@ops.unit.example");

    /// <summary>Asks nobody about revocation.</summary>
    public static CertificateFinder Finder(TimeProvider time, ImmutableArray<ICertificateSource> sources, Func<FinderSettings, FinderSettings>? change = null)
    {
        var settings = new FinderSettings { Trust = new TrustMaterial([Root.Certificate]), Revocation = RevocationMode.IfKnown };
        return new CertificateFinder(change is null ? settings : change(settings), sources, null, time);
    }

    /// <summary>As the settings are by default: who is revoked has to be known.</summary>
    public static CertificateFinder Strict(TimeProvider time, ImmutableArray<ICertificateSource> sources, IStatusSource status) =>
        new(new FinderSettings { Trust = new TrustMaterial([Root.Certificate]) }, sources, status, time);
}
