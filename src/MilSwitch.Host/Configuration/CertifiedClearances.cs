using System.Collections.Concurrent;
using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Protection;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Clearances;
using MilSwitch.Smime.Cms;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

/// <summary>
/// Clearances of the certificates that a configuration names (<c>labels.certificates</c>), and of those that security domains find for
/// addresses of which it names none. Thread-safe.
/// </summary>
internal sealed class CertifiedClearances(ImmutableArray<Certificate> holders, IEnumerable<AttributeCertificate> attributes, ClearanceOptions options) : ICertifiedClearances
{
    // Addresses of a generation; the one before it is kept, so that what was just learnt is there when it is asked for.
    private const int Most = 20_000;

    private readonly ImmutableArray<AttributeCertificate> attributes = [.. attributes];
    private readonly CertificateClearances named = new(holders, attributes, options);
    private readonly HashSet<string> addresses = new(holders.SelectMany(c => c.MailAddresses), StringComparer.OrdinalIgnoreCase);
    private volatile Generation found = new(new(StringComparer.Ordinal), new(StringComparer.Ordinal));

    public CertifiedClearance? Find(Mailbox address, DateTimeOffset at)
    {
        if (named.Find(address.Text, at) is { } known) return known;
        var now = found;
        return now.Young.TryGetValue(address.Text, out var one) || now.Old.TryGetValue(address.Text, out one) ? one.Find(address.Text, at) : null;
    }

    public bool IsOpen(Mailbox address) => !addresses.Contains(address.Text);

    public void Learn(Mailbox address, RecipientCertificateAnswer answer)
    {
        var now = found;
        var before = now.Young.GetValueOrDefault(address.Text) ?? now.Old.GetValueOrDefault(address.Text);
        // The very same as long as the answer is, so that what was decided by it counts.
        var learnt = before?.Answer == answer ? before : new Learnt(answer, attributes, options);
        if (now.Young.Count >= Most) found = now = new Generation(new(StringComparer.Ordinal), now.Young);
        now.Young[address.Text] = learnt;
    }

    private sealed record Generation(ConcurrentDictionary<string, Learnt> Young, ConcurrentDictionary<string, Learnt> Old);

    private sealed class Learnt
    {
        private readonly CertificateClearances? clearances;
        private readonly CertifiedClearance? refused;

        public Learnt(RecipientCertificateAnswer answer, ImmutableArray<AttributeCertificate> attributes, ClearanceOptions options)
        {
            Answer = answer;
            switch (answer)
            {
                case RecipientCertificateAnswer.Found certificate:
                    try
                    {
                        // That of the recipient's domain names nobody of this address, and says nothing about him.
                        clearances = new CertificateClearances([Certificate.Read(certificate.Certificate)], attributes, options);
                    }
                    catch (CmsFormatException)
                    {
                        refused = new CertifiedClearance(null, "it can't be read");
                    }

                    break;
                case RecipientCertificateAnswer.None { Reason.Length: > 0 } none:
                    // Somebody has one, and it is not believed.
                    refused = new CertifiedClearance(null, none.Reason);
                    break;
            }
        }

        public RecipientCertificateAnswer Answer { get; }

        public CertifiedClearance? Find(string address, DateTimeOffset at) => refused ?? clearances?.Find(address, at);
    }
}
