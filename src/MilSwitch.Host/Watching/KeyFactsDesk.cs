using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Watching;
using MilSwitch.Host.Alarms;
using MilSwitch.Host.Running;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Host.Watching;

/// <summary>Tells what certificates, lists and tokens this node has.</summary>
internal sealed class KeyFactsDesk(ConfigurationHolder configuration, Func<IEnumerable<RevocationList>> fetched, ITokenMonitor? tokens) : IKeyFacts
{
    public KeyFacts Look()
    {
        var current = configuration.Current;
        return new KeyFacts(
            [.. CertificateInventory.Certificates(current).OrderBy(c => c.Certificate.NotAfter).Select(c => new CertificateFact(
                c.Name, c.Certificate.Subject.ToString(), c.Certificate.Issuer.ToString(), c.Certificate.SerialText, c.Certificate.NotBefore, c.Certificate.NotAfter))],
            [
                .. CertificateInventory.RevocationLists(current).Select(l => (List: l, IsFetched: false)).Concat(fetched().Select(l => (List: l, IsFetched: true)))
                    .OrderBy(l => l.List.NextUpdate ?? DateTimeOffset.MaxValue).Select(l => new RevocationFact(l.List.Issuer.ToString(), l.List.ThisUpdate, l.List.NextUpdate, l.IsFetched)),
            ],
            [.. tokens?.Tokens ?? []]);
    }
}
