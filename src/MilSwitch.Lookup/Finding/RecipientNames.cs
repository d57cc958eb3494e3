using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Lookup.Finding;

/// <summary>The names under which a recipient's certificate may be found. Pure.</summary>
internal static class RecipientNames
{
    // A name has labels without end; directories are not asked for all of them.
    private const int MostDomains = 8;

    /// <summary>The address in the one form in which registers hold it: the local part quoted only when it has to be, the domain lower case in A-labels.</summary>
    public static string Canonical(Mailbox recipient) => $"{Quoted(recipient.LocalPart)}@{recipient.Domain}";

    /// <summary>Addresses of the authorities that may decrypt for the domain: its own and those above it, the nearest first (RFC 3183 §4.1).</summary>
    public static ImmutableArray<string> DomainAuthorities(Mailbox recipient) => [.. Domains(recipient.Domain).Select(d => $"{RecipientDirectory.DomainAuthority}@{d}")];

    /// <summary>The domain is this one or stands below it.</summary>
    public static bool IsWithin(string domain, string above) =>
        above.Length > 0 && (domain == above || (domain.Length > above.Length && domain.EndsWith(above, StringComparison.Ordinal) && domain[^(above.Length + 1)] == '.'));

    private static IEnumerable<string> Domains(string domain)
    {
        // An address literal has nothing above it.
        if (domain.StartsWith('[')) yield break;
        for (var count = 0; domain.Length > 0 && count < MostDomains; count++)
        {
            yield return domain;
            var dot = domain.IndexOf('.', StringComparison.Ordinal);
            domain = dot < 0 ? "" : domain[(dot + 1)..];
        }
    }

    private static string Quoted(string localPart)
    {
        if (Mailbox.TryParse(localPart + "@x.invalid", allowUtf8: true, out var plain, out _) && plain.LocalPart == localPart) return localPart;
        var quoted = new StringBuilder("\"");
        foreach (var c in localPart)
        {
            if (c is '"' or '\\') quoted.Append('\\');
            quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }
}
