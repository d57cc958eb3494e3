using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Formats.Asn1;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Clearances;

/// <summary>
/// Clearances of mail addresses by their certificates: out of attribute certificates that name one of them as holder, else out of its own subject
/// directory attributes (<see cref="ClearanceJudge"/>). Who has some of either and none that is believed is cleared for nothing. Thread-safe.
/// </summary>
public sealed class CertificateClearances
{
    /// <summary>How old an answer may be: so long after a certificate has ended it still counts at most.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    private readonly ILookup<string, Certificate> byAddress;
    private readonly ImmutableArray<AttributeCertificate> attributes;
    private readonly ClearanceOptions options;
    private readonly ConcurrentDictionary<string, (DateTimeOffset From, CertifiedClearance? Answer)> kept = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="certificates">Of holders; those without a mail address are nobody's.</param>
    /// <param name="attributes">Attribute certificates of any of them.</param>
    /// <param name="options">Who is believed; the time is that of each question.</param>
    public CertificateClearances(IEnumerable<Certificate> certificates, IEnumerable<AttributeCertificate> attributes, ClearanceOptions options)
    {
        byAddress = certificates.OrderByDescending(c => c.NotAfter).SelectMany(c => c.MailAddresses.Select(a => (Address: a, Certificate: c))).ToLookup(p => p.Address, p => p.Certificate, StringComparer.OrdinalIgnoreCase);
        this.attributes = [.. attributes];
        this.options = options;
    }

    /// <returns>Null: the address has no certificate, or none that says anything. The very same object as long as nothing changes.</returns>
    public CertifiedClearance? Find(string address, DateTimeOffset at)
    {
        // Only addresses that are known are kept, so strangers can't fill it.
        if (!byAddress.Contains(address)) return null;
        var isKnown = kept.TryGetValue(address, out var known);
        if (isKnown && at >= known.From && at < known.From + Kept) return known.Answer;
        var answer = Judge(address, at);
        if (isKnown && known.Answer == answer) answer = known.Answer;
        kept[address] = (at, answer);
        return answer;
    }

    private CertifiedClearance? Judge(string address, DateTimeOffset at)
    {
        var now = options with { Path = options.Path with { At = at } };
        string? fault = null;
        foreach (var certificate in byAddress[address])
        {
            foreach (var own in attributes.Where(a => a.Holder.Is(certificate, options.Path.Suite)))
            {
                if (Take(ClearanceJudge.Judge(own, certificate, now), ref fault) is { } held) return new CertifiedClearance(held, "");
            }

            if (Asserts(certificate) && Take(ClearanceJudge.Judge(certificate, now), ref fault) is { } asserted) return new CertifiedClearance(asserted, "");
        }

        return fault is null ? null : new CertifiedClearance(null, fault);
    }

    private static Clearance? Take(ClearanceVerdict verdict, ref string? fault)
    {
        if (verdict.Effective is { } held) return held;
        fault ??= verdict.IsSuccess ? "its authorities leave nothing of it" : verdict.Findings[0].Detail;
        return null;
    }

    private static bool Asserts(Certificate certificate)
    {
        try
        {
            return CertificateAttribute.Of(certificate).Any(a => ClearanceOids.IsClearance(a.Type));
        }
        catch (AsnContentException)
        {
            // What can't be read may be one.
            return true;
        }
    }
}
