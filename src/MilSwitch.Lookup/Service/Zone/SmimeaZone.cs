using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Service.Zone;

/// <summary>
/// The zone of a foreign domain as it is seen inside, with proxy certificates as SMIMEA records (RFC 8162): usage 3, selector 0,
/// matching type 0, so the whole certificate. Signing the zone is its name server's.
/// </summary>
public static class SmimeaZone
{
    private const string Requester = "zone";

    // RFC 8162 §2: the same as of TLSA.
    private static readonly byte[] Fields = [3, 0, 0];

    /// <summary>The name at which a recipient's records stand (RFC 8162 §3), without a final dot. The local part is taken to the letter and in the Unicode form in which it came.</summary>
    public static string NameOf(Mailbox recipient)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(recipient.LocalPart));
        return $"{Convert.ToHexStringLower(digest.AsSpan(0, 28))}._smimecert.{recipient.Domain}";
    }

    /// <summary>Writes the zone, or the lines of local data, for the recipients; certificates are issued where there are none yet.</summary>
    /// <param name="serial">Of the zone; it must rise (RFC 1982).</param>
    /// <exception cref="ArgumentException">A name is none.</exception>
    public static async Task<SmimeaZoneResult> WriteAsync(
        TextWriter writer, ProxyAuthority authority, IEnumerable<Mailbox> recipients, SmimeaZoneSettings settings, uint serial, TimeProvider time, CancellationToken cancellationToken = default)
    {
        foreach (var name in new[] { settings.Origin, settings.NameServer, settings.HostMaster })
            if (!Mailbox.TryReadDomain(name, out var domain) || domain != name || domain.StartsWith('[')) throw new ArgumentException($"'{name}' is no name", nameof(settings));
        var limit = Math.Clamp((int)settings.TimeToLive.TotalSeconds, 60, 86_400);
        if (settings.Form is not SmimeaForm.LocalData) await WriteHeadAsync(writer, settings, serial, limit).ConfigureAwait(false);
        var leftOut = ImmutableArray.CreateBuilder<(Mailbox, ProxyAnswer)>();
        var (records, renewAt) = (0, default(DateTimeOffset?));
        foreach (var recipient in recipients.Distinct())
        {
            var answer = IsWithin(recipient.Domain, settings.Origin)
                ? await authority.IssueAsync(new ProxyRequest(recipient, Requester), cancellationToken).ConfigureAwait(false)
                : ProxyAnswer.NotServed.Instance;
            if (answer is not ProxyAnswer.Issued issued)
            {
                leftOut.Add((recipient, answer));
                continue;
            }

            if (renewAt is null || issued.RenewAt < renewAt) renewAt = issued.RenewAt;
            foreach (var certificate in issued.Certificates)
            {
                var left = (int)((certificate.NotAfter - time.GetUtcNow()) / 2).TotalSeconds;
                await writer.WriteLineAsync(Record(recipient, certificate, Math.Min(limit, left), settings.Form).AsMemory(), cancellationToken).ConfigureAwait(false);
                records++;
            }
        }

        return new SmimeaZoneResult(records, leftOut.ToImmutable(), renewAt);
    }

    private static string Record(Mailbox recipient, Certificate certificate, int seconds, SmimeaForm form)
    {
        var encoded = Convert.ToHexString(certificate.Encoded.Span);
        var head = string.Create(CultureInfo.InvariantCulture, $"{NameOf(recipient)}. {seconds} IN");
        var generic = string.Create(CultureInfo.InvariantCulture, $"{head} TYPE53 \\# {Fields.Length + certificate.Encoded.Length} {Convert.ToHexString(Fields)}{encoded}");
        return form switch
        {
            SmimeaForm.Zone => $"{head} SMIMEA {Fields[0]} {Fields[1]} {Fields[2]} {encoded}",
            SmimeaForm.GenericZone => generic,
            _ => $"local-data: '{generic}'",
        };
    }

    private static Task WriteHeadAsync(TextWriter writer, SmimeaZoneSettings settings, uint serial, int seconds) => writer.WriteAsync(string.Create(
        CultureInfo.InvariantCulture,
        $"{settings.Origin}. {seconds} IN SOA {settings.NameServer}. {settings.HostMaster}. {serial} {seconds} {Math.Max(60, seconds / 4)} {4 * seconds} {Math.Min(seconds, 300)}\n{settings.Origin}. {seconds} IN NS {settings.NameServer}.\n"));

    private static bool IsWithin(string domain, string origin) => domain == origin || domain.EndsWith("." + origin, StringComparison.Ordinal);
}
