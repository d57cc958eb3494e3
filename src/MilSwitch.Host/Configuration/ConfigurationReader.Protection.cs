using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    private const int MostMaterialFiles = 10_000;

    /// <summary>RFC 3183 §3: who signs as a domain, a reviewer or an authority over attributes is named so.</summary>
    private static readonly Dictionary<string, string> RequiredNames = new(StringComparer.Ordinal)
    {
        ["domain"] = "domain-signing-authority", ["review"] = "review-authority", ["attribute"] = "attribute-authority",
    };

    private static readonly (string Word, AuthorityNaming Value)[] AuthorityNamings =
        [("rfc3183", AuthorityNaming.Rfc3183), ("common-name", AuthorityNaming.CommonName), ("mail-address", AuthorityNaming.MailAddress), ("uri", AuthorityNaming.Uri)];

    private static ArrivalProtection? ReadArrival(ConfigurationSource source, Section listener, string hostName, KeyConfiguration keys)
    {
        if (listener.Find("protection") is null) return null;
        var section = listener.Map("protection");
        var verify = section.Flag("verify", false);
        var openers = ReadOpeners(source, section, keys);
        var refuseUnsigned = section.Keyword("on-unsigned", false, ("annotate", false), ("refuse", true));
        var refuseInvalid = section.Keyword("on-invalid", false, ("annotate", false), ("refuse", true));
        var id = section.Text("authserv-id") ?? hostName;
        if (!Mailbox.TryReadDomain(id, out var authservId)) section.Reject("authserv-id", $"'{id}' is not a domain name");
        var trust = ReadTrust(source, section, out var hasAnchors);
        if (verify)
        {
            if (!hasAnchors) section.Reject("anchors", "is missing; without it no signature is believed");
        }
        else
        {
            foreach (var key in new[] { "on-unsigned", "on-invalid" })
                if (section.Has(key)) section.Reject(key, "does nothing without verify: true");
            // CBC is opened for those only whose signature inside is believed, so anchors are of use to opening alone.
            if (section.Has("anchors") && openers.IsEmpty) section.Reject("anchors", "does nothing without verify: true or decrypt");
            if (openers.IsEmpty) listener.Reject("protection", "says neither verify: true nor decrypt, so it does nothing");
        }

        section.Finish();
        return new ArrivalProtection
        {
            AuthservId = authservId ?? hostName, Verify = verify, Keys = openers, RefuseUnsigned = refuseUnsigned, RefuseInvalid = refuseInvalid,
            Trust = trust,
        };
    }

    private static readonly string[] TrustKeys = ["anchors", "certs", "crls", "suite"];

    // Whom to believe: the same keys wherever that is asked.
    private static ArrivalTrust ReadTrust(ConfigurationSource source, Section section, out bool hasAnchors)
    {
        hasAnchors = section.Has("anchors");
        var anchors = ReadMaterial(source, section, "anchors");
        var further = ReadMaterial(source, section, "certs");
        var lists = ReadMaterial(source, section, "crls");
        var suite = section.Keyword("suite", "default", ("default", "default"), ("legacy", "legacy"), ("cnsa2", "cnsa2"));
        if (hasAnchors && anchors.Certificates.Count is 0) section.Reject("anchors", "holds no certificate");
        return new ArrivalTrust
        {
            Anchors = [.. anchors.Certificates.Select(c => c.Encoded)],
            Certificates = [.. further.Certificates.Concat(lists.Certificates).Select(c => c.Encoded)],
            RevocationLists = [.. lists.RevocationLists.Concat(further.RevocationLists).Concat(anchors.RevocationLists)],
            Suite = suite,
        };
    }

    private static readonly (string Word, HeaderProtection Value)[] HeaderProtections =
        [("none", HeaderProtection.None), ("rfc9788", HeaderProtection.Rfc9788), ("rfc8551", HeaderProtection.Rfc8551)];

    private const int MostSignatures = 4;

    /// <param name="source">The file.</param>
    /// <param name="route">What has the section.</param>
    /// <param name="keys">All of them.</param>
    /// <param name="homes">The domains that what leaves may be in: the sources of each are asked for the certificates of its recipients.</param>
    /// <param name="otherwise">How the header is protected where nothing is said.</param>
    private static DepartureProtection? ReadDeparture(
        ConfigurationSource source, Section route, KeyConfiguration keys, ImmutableArray<DomainOfKeys?> homes, HeaderProtection otherwise = HeaderProtection.None)
    {
        if (route.Find("protection") is null) return null;
        var section = route.Map("protection");
        var (sign, encrypt) = (section.Map("sign"), section.Map("encrypt"));
        // One content has one copy of its header: who says how for one of the two says it for both.
        var word = sign.Text("header-protection") ?? encrypt.Text("header-protection");
        var said = word is null ? default(HeaderProtection?) : Array.Find(HeaderProtections, h => h.Word == word).Value;
        var protection = new DepartureProtection
        {
            Sign = section.Find("sign") is null ? null : ReadSigning(sign, keys, said ?? otherwise),
            Encrypt = section.Find("encrypt") is null ? null : ReadEncryption(source, encrypt, homes, said ?? otherwise, isSaid: said is not null),
            Keys = ReadOpeners(source, section, keys),
        };
        section.Finish();
        if (!section.Has("sign") && !section.Has("encrypt") && !section.Has("decrypt")) route.Reject("protection", "says neither sign, encrypt nor decrypt, so it does nothing");
        return protection;
    }

    private static DepartureSigning? ReadSigning(Section section, KeyConfiguration keys, HeaderProtection otherwise, int depth = 1)
    {
        var name = section.RequiredText("key");
        var digest = section.Keyword("digest", (string?)null, ("sha256", "sha256"), ("sha384", "sha384"), ("sha512", "sha512"));
        var type = section.Keyword(
            "signature-type", (string?)null, ("originator", "originator"), ("domain", "domain"), ("attribute", "attribute"), ("review", "review"));
        var before = section.Find("around") is null || depth is MostSignatures ? null : ReadSigning(section.Map("around"), keys, HeaderProtection.None, depth + 1);
        var signing = new DepartureSigning(name ?? "")
        {
            Opaque = section.Keyword("format", false, ("clear", false), ("opaque", true)),
            Digest = digest,
            SignatureType = type,
            Encapsulates = section.Flag("encapsulate", false),
            Countersigns = section.Flag("countersign", false),
            HeaderProtection = section.Keyword("header-protection", otherwise, HeaderProtections),
            Around = before,
        };
        if (section.Has("around") && depth is MostSignatures) section.Reject("around", $"is one signature more than {MostSignatures}");
        if (depth > 1)
        {
            // All of them are around one content.
            foreach (var key in new[] { "header-protection", "encapsulate" })
                if (section.Has(key)) section.Reject(key, "is said by the outermost signature for all of them");
        }

        if (signing.Countersigns && (before is not null || depth > 1 || signing.Encapsulates)) section.Reject("countersign", "is on signatures that are there, and makes none around or inside of others");
        if (before?.SignatureType is "domain" && type is not "domain") section.Reject("around", "is a domain's signature, which goes around all others (RFC 3183 §3)");
        if (type is null or "originator" && before is not null) section.Reject("around", "is inside of an originator's signature, which is the innermost (RFC 3183 §3)");
        if (type is null or "originator" && signing.Encapsulates && depth is 1 && before is null) section.Reject("encapsulate", "is for signatures on behalf of others: 'signature-type' is domain, review or attribute");
        section.Finish();
        if (name is null) return null;
        if (keys.Find(name) is not { } certificate)
        {
            section.Reject("key", NoSuchKey(name, keys));
            return null;
        }

        if (keys.Roles.TryGetValue(name, out var role) && role is KeyRole.DomainConfidentiality or KeyRole.Audit or KeyRole.Store or KeyRole.ProxyAuthority)
            section.Reject("key", $"'{name}' has the role {Word(role)}, and a key has one role");
        if (type is not null && RequiredNames.TryGetValue(type, out var required) && !IsNamed(certificate, required))
            section.Reject("signature-type", $"the certificate of '{name}' must be named '{required}' to sign so (RFC 3183 §3)");
        if (keys.InMemory.TryGetValue(name, out var pair))
        {
            try
            {
                pair.Signing(digest is null ? null : Digest(digest));
            }
            catch (Exception fault) when (fault is CmsFormatException or CryptographicException)
            {
                section.Reject("key", $"'{name}' does not sign{(digest is null ? "" : $" with {digest}")}: {fault.Message}");
            }
        }

        return signing;
    }

    private static DepartureEncryption? ReadEncryption(ConfigurationSource source, Section section, ImmutableArray<DomainOfKeys?> homes, HeaderProtection otherwise, bool isSaid)
    {
        var find = section.Flag("find", false);
        if (!find && !section.Has("certificates")) section.Reject("certificates", "is missing, and find: true as well; there is nobody to encrypt to");
        var certificates = ReadMaterial(source, section, "certificates").Certificates;
        var toAll = section.Keyword("to", false, ("recipients", false), ("all", true));
        var content = section.Keyword("content", "aes256-gcm", ("aes256-gcm", "aes256-gcm"), ("aes128-gcm", "aes128-gcm"), ("aes256-cbc", "aes256-cbc"));
        var policy = section.Keyword("header-policy", "none", ("none", "none"), ("baseline", "baseline"), ("shy", "shy"), ("mmhs", "mmhs"));
        var header = section.Keyword("header-protection", otherwise, HeaderProtections);
        if (header != otherwise) section.Reject("header-protection", "is another one than that of sign, and the content that is signed and encrypted has one header");
        if (header is HeaderProtection.None && policy is not "none")
        {
            if (isSaid) section.Reject("header-policy", "hides nothing with header-protection: none");
            header = HeaderProtection.Rfc9788;
        }

        var naming = section.Keyword("authority-naming", AuthorityNaming.Rfc3183, [.. AuthorityNamings.Where(n => n.Value is not AuthorityNaming.Uri)]);
        if (find && toAll) section.Reject("find", "is for recipients, and to: all asks for none");
        else if (find && homes.OfType<DomainOfKeys>().FirstOrDefault(h => h.Finding is null) is { } blind) section.Reject("find", $"domain '{blind.Domain.Name}' names no sources of certificates (domains[].certificates)");
        else if (find && !homes.Any(h => h is not null)) section.Reject("find", "needs a security domain, whose sources are asked (domains[].certificates)");
        section.Finish();
        if (section.Has("certificates") && certificates.Count is 0)
        {
            section.Reject("certificates", "holds no certificate");
            return null;
        }

        foreach (var certificate in certificates)
        {
            try
            {
                RecipientCertificate.Read(certificate.Encoded);
            }
            catch (CmsFormatException fault)
            {
                section.Reject("certificates", $"'{certificate.Subject}' can't be encrypted to: {fault.Message}");
            }
        }

        return new DepartureEncryption
        {
            Certificates = [.. certificates.Select(c => c.Encoded)],
            ToAll = toAll,
            Content = content,
            HeaderPolicy = policy,
            HeaderProtection = header,
            AuthorityNaming = naming,
            FindIn = find ? homes.OfType<DomainOfKeys>().FirstOrDefault()?.Domain.Name : null,
        };
    }

    private static ImmutableArray<string> ReadOpeners(ConfigurationSource source, Section section, KeyConfiguration keys)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var (node, path) in section.Items("decrypt"))
        {
            if (node is not YamlText { IsNull: false, Value.Length: > 0 } text) source.Reject(node.Line, path, "must be the name of a key");
            else if (keys.Find(text.Value) is null) source.Reject(node.Line, path, NoSuchKey(text.Value, keys));
            else if (keys.Roles.TryGetValue(text.Value, out var role) && role is not KeyRole.DomainConfidentiality)
                source.Reject(node.Line, path, $"'{text.Value}' has the role {Word(role)}, and a key has one role");
            else if (keys.InMemory.TryGetValue(text.Value, out var pair) && !Opens(pair)) source.Reject(node.Line, path, $"'{text.Value}' is of a kind that does not decrypt");
            else names.Add(text.Value);
        }

        return names.ToImmutable();
    }

    private static bool Opens(Smime.Protection.SoftwareKeyPair pair)
    {
        try
        {
            _ = pair.Opening;
            return true;
        }
        catch (Exception fault) when (fault is CryptographicException or CmsFormatException)
        {
            return false;
        }
    }

    // Files, and folders of them.
    private static (List<Certificate> Certificates, List<ReadOnlyMemory<byte>> RevocationLists) ReadMaterial(ConfigurationSource source, Section section, string key)
    {
        var certificates = new List<Certificate>();
        var lists = new List<ReadOnlyMemory<byte>>();
        foreach (var (node, path) in section.Items(key))
        {
            if (node is not YamlText { IsNull: false, Value.Length: > 0 } text)
            {
                source.Reject(node.Line, path, "must be the path of a file or folder");
                continue;
            }

            var full = source.FullPath(text.Value);
            var isFolder = Directory.Exists(full);
            var files = !isFolder ? [full] : Directory.GetFiles(full).Where(IsMaterial).Order(StringComparer.Ordinal).Take(MostMaterialFiles + 1).ToArray();
            if (files.Length > MostMaterialFiles) source.Reject(node.Line, path, $"'{text.Value}' holds more than {MostMaterialFiles} files");
            else foreach (var file in files) Read(node.Line, path, isFolder ? file : text.Value, file);
        }

        return (certificates, lists);

        void Read(int line, string path, string named, string file)
        {
            if (source.ReadableFile(line, path, named) is null) return;
            try
            {
                if (new FileInfo(file).Length > CertificateFile.MostOctets) throw new CmsFormatException("is too large");
                var contents = CertificateFile.Read(File.ReadAllBytes(file));
                certificates.AddRange(contents.Certificates);
                lists.AddRange(contents.RevocationLists.Select(l => l.Encoded));
            }
            catch (CmsFormatException fault)
            {
                source.Reject(line, path, $"'{named}' {fault.Message}");
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                source.Reject(line, path, ConfigurationSource.Reason(named, fault));
            }
        }
    }

    private static bool IsMaterial(string file) =>
        !Path.GetFileName(file).StartsWith('.') && Path.GetExtension(file).ToUpperInvariant() is ".CRT" or ".CER" or ".DER" or ".PEM" or ".CRL" or ".P7B" or ".P7C";

    private static bool IsNamed(ReadOnlyMemory<byte> certificate, string name)
    {
        using var parsed = X509CertificateLoader.LoadCertificate(certificate.Span);
        return parsed.GetNameInfo(X509NameType.SimpleName, forIssuer: false).Equals(name, StringComparison.OrdinalIgnoreCase);
    }

    private static string NoSuchKey(string name, KeyConfiguration keys) =>
        $"there is no key '{name}' under 'tokens' or 'keys'{Spelling.Suggest(name, [.. keys.OnTokens.Keys, .. keys.InMemory.Keys])}";

    private static string Word(KeyRole role) => KeyRoles.First(r => r.Value == role).Word;

    private static DigestAlgorithm Digest(string name) => name switch { "sha384" => DigestAlgorithm.Sha384, "sha512" => DigestAlgorithm.Sha512, _ => DigestAlgorithm.Sha256 };
}
