using MilSwitch.Domain.Addressing;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Clearances;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

/// <summary>Clearances of the certificates that a configuration names (<c>labels.certificates</c>). Thread-safe.</summary>
internal sealed class CertifiedClearances(CertificateClearances certificates) : ICertifiedClearances
{
    public CertifiedClearance? Find(Mailbox address, DateTimeOffset at) => certificates.Find(address.Text, at);
}
