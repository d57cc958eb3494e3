using System.Formats.Asn1;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Service;

/// <summary>
/// Whether a certificate may issue proxy certificates. Above all it must be constrained to the domains beyond the boundary: who
/// believes it must never have to believe it about anybody else (RFC 5280 §4.2.1.10).
/// </summary>
internal static class AuthorityCheck
{
    private const int Rfc822Name = 1;
    private const int MostSubtrees = 1_024;

    /// <exception cref="ProxyAuthorityException">It may not, or the settings don't fit.</exception>
    public static void Check(Certificate authority, ProxyAuthoritySettings settings)
    {
        if (!authority.IsAuthority || authority.KeyUsage?.HasFlag(KeyUses.KeyCertSign) is false) throw Bad("the certificate is not one of an authority that signs certificates");
        if (authority.UnknownCriticalExtension is { } unknown) throw Bad($"the authority's certificate has the critical extension {unknown}, which is not known");
        if (authority.SubjectKeyIdentifier is null) throw Bad("the authority's certificate has no subject key identifier (RFC 5280 §4.2.1.2)");
        if (authority.Subject.IsEmpty) throw Bad("the authority's certificate has no subject");
        CheckConstraints(authority, settings);
        if (!authority.NameConstraints!.Allows(new GeneralName(GeneralNameKind.Uri, settings.GatewayUri, null, default)))
            throw Bad("the authority's name constraints do not allow the gateway's URI");
        if (authority.Policies is { } policies && !policies.Contains(settings.Policy) && !policies.Contains(ProxyOids.AnyPolicy))
            throw Bad($"the authority's certificate does not allow the policy {settings.Policy}");
        if (authority.ExtendedKeyUsage is { } uses && !uses.Contains(ProxyOids.EmailProtection)) throw Bad("the authority's certificate is not for mail");
        if (settings.Ceiling is { } ceiling && authority.ClearanceConstraints is { } encoded)
        {
            var allowed = ClearanceConstraints.All.Narrow(ClearanceCodec.ReadConstraints(encoded, settings.Policies));
            if (allowed?.Effective(ceiling) != ceiling) throw Bad("the authority's clearance constraints (RFC 5913) do not allow the ceiling");
        }
    }

    private static void CheckConstraints(Certificate authority, ProxyAuthoritySettings settings)
    {
        if (authority.NameConstraints is not { } constraints) throw Bad("the authority's certificate has no name constraints: it could name anybody");
        var extension = authority.Extensions.First(e => e.Type == ProxyOids.NameConstraints);
        if (!extension.IsCritical) throw Bad("the authority's name constraints are not critical (RFC 5280 §4.2.1.10)");
        var permitted = Permitted(extension.Value);
        if (permitted.Count is 0) throw Bad("the authority's name constraints permit every mail address");
        foreach (var name in permitted)
        {
            var domain = name[(name.LastIndexOf('@') + 1)..];
            if (domain.Length is 0) throw Bad("the authority's name constraints permit every mail address");
            if (!IsForeign(domain, settings)) throw Bad($"the authority's name constraints permit {name}, which is not among the foreign domains");
        }

        foreach (var foreign in settings.ForeignDomains)
        {
            // Any name there stands for all: what is excluded for some addresses is found when they are asked for.
            var sample = "a@" + (foreign.Text[0] == '.' ? "a" : "") + foreign.Text;
            if (!constraints.Allows(new GeneralName(GeneralNameKind.Rfc822Name, sample, null, default)))
                throw Bad($"the authority's name constraints do not permit the foreign domain {foreign}");
        }
    }

    private static bool IsForeign(string domain, ProxyAuthoritySettings settings)
    {
        try
        {
            var pattern = DomainPattern.Parse(domain);
            return settings.ForeignDomains.Any(foreign => foreign.Covers(pattern));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    // The rfc822Names of permittedSubtrees: the certificate's own reader judges names and does not list them.
    private static List<string> Permitted(ReadOnlyMemory<byte> value)
    {
        var all = new List<string>();
        var constraints = new AsnReader(value, AsnEncodingRules.BER).ReadSequence();
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0);
        if (!constraints.HasData || !constraints.PeekTag().HasSameClassAndValue(tag)) return all;
        var subtrees = constraints.ReadSequence(tag);
        for (var count = 0; subtrees.HasData && count < MostSubtrees; count++)
        {
            var subtree = subtrees.ReadSequence();
            var name = new Asn1Tag(TagClass.ContextSpecific, Rfc822Name);
            if (subtree.PeekTag().HasSameClassAndValue(name)) all.Add(subtree.ReadCharacterString(UniversalTagNumber.IA5String, name));
        }

        return all;
    }

    private static ProxyAuthorityException Bad(string message) => new(message);
}
