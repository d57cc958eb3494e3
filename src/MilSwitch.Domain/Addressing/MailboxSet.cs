using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace MilSwitch.Domain.Addressing;

/// <summary>Addresses that somebody may use: <c>ops@red.example</c>, <c>*@red.example</c>, <c>*@*.red.example</c>. Immutable and thread-safe.</summary>
public sealed class MailboxSet
{
    private readonly FrozenSet<Mailbox> single;
    private readonly FrozenSet<string> domains;
    private readonly ImmutableArray<string> above;

    private MailboxSet(IEnumerable<Mailbox> single, IEnumerable<string> domains, ImmutableArray<string> above) =>
        (this.single, this.domains, this.above) = (single.ToFrozenSet(), domains.ToFrozenSet(StringComparer.Ordinal), above);

    /// <param name="entries">As above.</param>
    /// <param name="set">All of them.</param>
    /// <param name="wrong">The first that is none; null when all are good.</param>
    public static bool TryRead(IEnumerable<string> entries, [NotNullWhen(true)] out MailboxSet? set, [NotNullWhen(false)] out string? wrong)
    {
        var (single, domains, above) = (new List<Mailbox>(), new List<string>(), ImmutableArray.CreateBuilder<string>());
        set = null;
        foreach (var entry in entries)
        {
            wrong = entry;
            if (!entry.StartsWith("*@", StringComparison.Ordinal))
            {
                if (!Mailbox.TryParse(entry, allowUtf8: true, out var mailbox, out _)) return false;
                single.Add(mailbox);
                continue;
            }

            var below = entry.StartsWith("*@*.", StringComparison.Ordinal);
            if (!Mailbox.TryReadDomain(entry[(below ? 4 : 2)..], out var domain)) return false;
            if (below) above.Add("." + domain);
            else domains.Add(domain);
        }

        wrong = null;
        set = new MailboxSet(single, domains, above.ToImmutable());
        return true;
    }

    public bool Contains(Mailbox address) =>
        single.Contains(address) || domains.Contains(address.Domain) || above.Any(d => address.Domain.EndsWith(d, StringComparison.Ordinal));
}
