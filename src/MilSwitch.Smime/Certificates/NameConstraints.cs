using System.Formats.Asn1;

namespace MilSwitch.Smime.Certificates;

/// <summary>NameConstraints (RFC 5280 §4.2.1.10): names that certificates below may and may not have. Immutable.</summary>
public sealed class NameConstraints
{
    private const int Most = 1_024;
    private readonly GeneralName[] permitted;
    private readonly GeneralName[] excluded;

    private NameConstraints(GeneralName[] permitted, GeneralName[] excluded)
    {
        this.permitted = permitted;
        this.excluded = excluded;
    }

    /// <summary>How many subtrees there are: what judging one name costs.</summary>
    public int Count => permitted.Length + excluded.Length;

    /// <summary>
    /// The names may stand below. A form of name that is constrained but can't be judged, or a name of a constrained form that
    /// is badly written, may not (§6.1.4 g, §4.2.1.10: "MUST either process the constraint or reject the certificate").
    /// </summary>
    public bool Allows(GeneralName name)
    {
        var isConstrained = false;
        var isPermitted = true;
        foreach (var subtree in permitted)
        {
            if (!AreOfOneForm(name, subtree)) continue;
            if (!isConstrained) (isConstrained, isPermitted) = (true, false);
            if (!IsJudgeable(name, subtree)) return false;
            isPermitted |= IsWithin(name, subtree);
        }

        if (!isPermitted) return false;
        foreach (var subtree in excluded)
        {
            if (!AreOfOneForm(name, subtree)) continue;
            if (!IsJudgeable(name, subtree) || IsWithin(name, subtree)) return false;
        }

        return true;
    }

    /// <summary>The elements of an open NameConstraints.</summary>
    internal static NameConstraints Read(AsnReader sequence)
    {
        GeneralName[] permitted = ExtensionReader.Next(sequence, 0) ? ReadSubtrees(sequence.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) : [];
        GeneralName[] excluded = ExtensionReader.Next(sequence, 1) ? ReadSubtrees(sequence.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 1))) : [];
        sequence.ThrowIfNotEmpty();
        return new NameConstraints(permitted, excluded);
    }

    private static GeneralName[] ReadSubtrees(AsnReader sequence)
    {
        var all = new List<GeneralName>();
        while (sequence.HasData)
        {
            if (all.Count == Most) throw new AsnContentException("too many subtrees");
            var subtree = sequence.ReadSequence();
            all.Add(GeneralName.Read(subtree));
            // RFC 5280 §4.2.1.10: minimum is 0 and maximum absent in every name form.
            if (ExtensionReader.Next(subtree, 0) && (!subtree.TryReadInt32(out var minimum, new Asn1Tag(TagClass.ContextSpecific, 0)) || minimum is not 0))
                throw new AsnContentException("a subtree with a minimum");
            subtree.ThrowIfNotEmpty();
        }

        return [.. all];
    }

    // Constraints on rfc822Name bind internationalised addresses as well (RFC 9598 §6).
    private static bool AreOfOneForm(GeneralName name, GeneralName subtree) =>
        name.Kind == subtree.Kind || (name.Kind is GeneralNameKind.SmtpUtf8Mailbox && subtree.Kind is GeneralNameKind.Rfc822Name)
        || (name.Kind is GeneralNameKind.Rfc822Name && subtree.Kind is GeneralNameKind.SmtpUtf8Mailbox);

    private static bool IsJudgeable(GeneralName name, GeneralName subtree) => name.Kind switch
    {
        GeneralNameKind.DirectoryName => true,
        GeneralNameKind.Rfc822Name or GeneralNameKind.SmtpUtf8Mailbox => MailAddress.TryRead(name.Text, out _) && IsHostPattern(subtree.Text[(subtree.Text.LastIndexOf('@') + 1)..]),
        // A trailing dot has passed constraints of others; a name is written without (RFC 1034 §3.5 by RFC 5280 §4.2.1.6).
        GeneralNameKind.DnsName => MailAddress.TryReadHost(name.Text.StartsWith("*.", StringComparison.Ordinal) ? name.Text[2..] : name.Text, out _) && IsHostPattern(subtree.Text),
        GeneralNameKind.Uri => Host(name.Text) is not null && IsHostPattern(subtree.Text),
        GeneralNameKind.IpAddress => name.Octets.Length is 4 or 16 && subtree.Octets.Length is 8 or 32,
        _ => false,
    };

    private static bool IsWithin(GeneralName name, GeneralName subtree)
    {
        switch (name.Kind)
        {
            case GeneralNameKind.DirectoryName:
                return name.Directory!.IsWithin(subtree.Directory!);
            case GeneralNameKind.Rfc822Name or GeneralNameKind.SmtpUtf8Mailbox:
                MailAddress.TryRead(name.Text, out var address);
                var at = subtree.Text.LastIndexOf('@');
                if (at < 0) return IsHostWithin(address.Host, Pattern(subtree.Text), admitsBelow: false);
                return address.LocalPart == MailAddress.Unquote(subtree.Text[..at]) && address.Host == Pattern(subtree.Text[(at + 1)..]);
            case GeneralNameKind.DnsName:
                // What a wildcard stands for is all that is below: it is within what its suffix is within, and no less.
                var wildcard = name.Text.StartsWith("*.", StringComparison.Ordinal);
                MailAddress.TryReadHost(wildcard ? name.Text[2..] : name.Text, out var host);
                return IsHostWithin(wildcard ? "*." + host : host, Pattern(subtree.Text), admitsBelow: true);
            case GeneralNameKind.Uri:
                return IsHostWithin(Host(name.Text)!, Pattern(subtree.Text), admitsBelow: false);
            default:
                return IsAddressWithin(name.Octets.Span, subtree.Octets.Span);
        }
    }

    // RFC 5280 §4.2.1.10: with a leading dot, hosts below; without, the host itself, and for dNSName those below as well.
    private static bool IsHostWithin(string host, string pattern, bool admitsBelow)
    {
        if (pattern.Length is 0) return true;
        if (pattern[0] == '.') return host.EndsWith(pattern, StringComparison.Ordinal);
        return host == pattern || (admitsBelow && host.EndsWith("." + pattern, StringComparison.Ordinal));
    }

    private static bool IsAddressWithin(ReadOnlySpan<byte> address, ReadOnlySpan<byte> subtree)
    {
        if (subtree.Length != 2 * address.Length) return false;
        for (var i = 0; i < address.Length; i++)
        {
            if (((address[i] ^ subtree[i]) & subtree[address.Length + i]) is not 0) return false;
        }

        return true;
    }

    private static bool IsHostPattern(string pattern) => pattern.TrimStart('.').Length is 0 || MailAddress.TryReadHost(Bare(pattern), out _);

    private static string Pattern(string pattern)
    {
        if (!MailAddress.TryReadHost(Bare(pattern), out var host)) return pattern;
        return pattern[0] == '.' ? "." + host : host;
    }

    // In a constraint a trailing dot changes nothing about what is meant.
    private static string Bare(string pattern) => pattern.TrimStart('.').TrimEnd('.');

    // RFC 5280 §4.2.1.10: a URI whose host is not a fully qualified name can't be judged.
    private static string? Host(string uri)
    {
        var start = uri.IndexOf("://", StringComparison.Ordinal);
        if (start < 0) return null;
        var authority = uri[(start + 3)..];
        if (authority.IndexOfAny(['/', '?', '#']) is var end and >= 0) authority = authority[..end];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        if (authority.StartsWith('[')) return null;
        if (authority.IndexOf(':', StringComparison.Ordinal) is var port and >= 0) authority = authority[..port];
        return MailAddress.TryReadHost(authority, out var host) && !System.Net.IPAddress.TryParse(host, out _) ? host : null;
    }
}
