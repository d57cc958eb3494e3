using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Labels.Policies;
using MilSwitch.Smtp.Server;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

/// <summary>Security domains, peers, and the boundaries between domains.</summary>
public static partial class ConfigurationReader
{
    private static readonly (string Word, SignerRole Value)[] SignerRoles =
        [("originator", SignerRole.Originator), ("domain", SignerRole.Domain), ("review", SignerRole.Review), ("attribute", SignerRole.Attribute)];

    /// <summary>What becomes of the layers inside of a message.</summary>
    private enum InnerLayers : byte
    {
        Strip,
        Signatures,
        Keep,
    }

    /// <summary>What one domain has that no other may use.</summary>
    private sealed record DomainOfKeys(SecurityDomain Domain, SecurityPolicy? Policy, ImmutableArray<string> Keys)
    {
        /// <summary>Where it looks for certificates of its recipients; null: nowhere.</summary>
        public FindingConfiguration? Finding { get; init; }
    }

    private static ImmutableArray<DomainOfKeys> ReadDomains(ConfigurationSource source, Section root, KeyConfiguration keys, LabelConfiguration labels)
    {
        var domains = ImmutableArray.CreateBuilder<DomainOfKeys>();
        foreach (var section in Mappings(source, root, "domains", "must be a mapping with name and mail"))
        {
            var name = BoundaryName(section);
            var mail = ReadMailDomains(section, "mail");
            var policy = ReadPolicy(section, "policy", labels.Authority.Policies);
            var trust = ReadTrust(source, section, out _);
            var finding = ReadFinding(source, section, name, trust);
            var owned = section.Texts("keys");
            foreach (var key in owned)
            {
                if (keys.Find(key) is null) section.Reject("keys", NoSuchKey(key, keys));
                else if (domains.FirstOrDefault(d => d.Keys.Contains(key)) is { } other) section.Reject("keys", $"'{key}' is a key of domain '{other.Domain.Name}' already; a key belongs to one domain");
            }

            if (!section.Has("mail")) section.Reject("mail", "is missing; name the mail domains whose addresses are the domain's own");
            foreach (var one in mail)
            {
                if (domains.FirstOrDefault(d => d.Domain.MailDomains.Contains(one)) is { } other) section.Reject("mail", $"'{one}' is in domain '{other.Domain.Name}' already");
            }

            section.Finish();
            if (name is null) continue;
            if (domains.Any(d => d.Domain.Name == name)) section.Reject("name", $"'{name}' is given to another domain already");
            else domains.Add(new DomainOfKeys(new SecurityDomain(name) { MailDomains = mail, LabelPolicy = policy?.Id, Trust = trust }, policy, owned) { Finding = finding });
        }

        return domains.ToImmutable();
    }

    private static ImmutableArray<(BoundaryPeer Peer, string? Domain)> ReadPeers(ConfigurationSource source, Section root, ImmutableArray<DomainOfKeys> domains)
    {
        var peers = ImmutableArray.CreateBuilder<(BoundaryPeer, string?)>();
        foreach (var section in Mappings(source, root, "peers", "must be a mapping with name and domain"))
        {
            var name = BoundaryName(section);
            var domain = ReadDomainName(section, "domain", domains, required: true);
            var clients = ReadTrusted(source, section, "clients", "name the hosts");
            var identities = section.Texts("identities");
            var tls = section.Keyword("tls", false, ("any", false), ("required", true));
            if (clients.IsEmpty && identities.IsEmpty) section.Reject("clients", "is missing, and so is identities; nobody could be told from anybody else");
            section.Finish();
            if (name is null) continue;
            if (peers.Any(p => p.Item1.Name == name)) section.Reject("name", $"'{name}' is given to another peer already");
            else peers.Add((new BoundaryPeer(name, clients, identities, tls), domain));
        }

        return peers.ToImmutable();
    }

    private static BoundaryMap ReadBoundaries(
        ConfigurationSource source, Section root, ImmutableArray<DomainOfKeys> domains, KeyConfiguration keys, LabelConfiguration labels,
        ImmutableArray<IContentCheck> checks, ImmutableArray<ProxyConfiguration>.Builder proxies)
    {
        var peers = ReadPeers(source, root, domains);
        var boundaries = ImmutableArray.CreateBuilder<BoundarySettings>();
        if (domains.IsEmpty && root.Has("boundaries")) root.Reject("boundaries", "there are no 'domains' that they could lie between");
        foreach (var section in Mappings(source, root, "boundaries", "must be a mapping with name, from and to"))
        {
            var name = BoundaryName(section);
            var from = ReadDomainName(section, "from", domains, required: true);
            var to = ReadDomainName(section, "to", domains, required: true);
            var (one, other) = (domains.FirstOrDefault(d => d.Domain.Name == from), domains.FirstOrDefault(d => d.Domain.Name == to));
            var boundary = ReadBoundary(source, section, name, one, other, peers, keys, labels, checks);
            boundary = ReadProxies(source, section, boundary, one, other, keys, labels, proxies);
            section.Finish();
            if (boundary is null) continue;
            if (from == to) section.Reject("to", "is the same domain as from");
            else if (boundaries.Any(b => b.Name == name)) section.Reject("name", $"'{name}' is given to another boundary already");
            else if (boundaries.FirstOrDefault(b => b.From.Name == from && b.To.Name == to) is { } same) section.Reject("to", $"boundary '{same.Name}' leads from '{from}' to '{to}' already");
            else boundaries.Add(boundary);
        }

        return new BoundaryMap([.. domains.Select(d => d.Domain)], boundaries.ToImmutable());
    }

    private static BoundarySettings? ReadBoundary(
        ConfigurationSource source, Section section, string? name, DomainOfKeys? from, DomainOfKeys? to, ImmutableArray<(BoundaryPeer Peer, string? Domain)> peers,
        KeyConfiguration keys, LabelConfiguration labels, ImmutableArray<IContentCheck> checks)
    {
        var (arrival, departure, approvals, reports) = (section.Map("arrival"), section.Map("departure"), section.Map("approvals"), section.Map("reports"));
        var openers = ReadOpeners(source, arrival, keys);
        var inner = arrival.Keyword("inner", InnerLayers.Strip, ("strip", InnerLayers.Strip), ("signatures", InnerLayers.Signatures), ("keep", InnerLayers.Keep));
        var (keepsInner, keepsSignatures) = (inner is InnerLayers.Keep, inner is not InnerLayers.Strip);
        var signature = arrival.Keyword("signature", true, ("required", true), ("optional", false));
        var encryption = arrival.Keyword("encryption", false, ("required", true), ("optional", false));
        var signers = ReadSigners(source, arrival);
        var signerDomains = ReadMailDomains(arrival, "signer-domains");
        var naming = arrival.Keyword("signer-naming", AuthorityNaming.Rfc3183, AuthorityNamings);
        var lists = ReadAddresses(arrival, "lists");
        var gateways = ReadAddresses(arrival, "gateway-addresses");
        var accepted = ReadPeerNames(arrival, from, peers);
        var found = ReadListenerLabels(source, arrival, labels with { Home = from?.Policy ?? labels.Home });
        arrival.Finish();

        var written = departure.Find("labels") is null ? null : ReadLinkLabels(source, departure, labels with { Home = to?.Policy ?? labels.Home, AreRead = true });
        var protection = ReadDeparture(source, departure, keys, [to], HeaderProtection.Rfc9788);
        if (protection is { Keys.IsEmpty: false }) departure.Map("protection").Reject("decrypt", "belongs under arrival");
        var disclosure = departure.Map("disclose");
        var removed = disclosure.Texts("remove");
        disclosure.Finish();
        var unauthenticated = departure.Flag("sign-unauthenticated", false);
        if (unauthenticated && protection?.Sign is null) departure.Reject("sign-unauthenticated", "does nothing without protection.sign");
        departure.Finish();

        foreach (var key in openers) Own(arrival, "decrypt", key, from, to);
        if (protection?.Sign is { } sign) OwnAll(departure.Map("protection").Map("sign"), sign, from, to);
        if (signature && !section.Map("arrival").Has("signature") && from is { Domain.Trust.Anchors.IsEmpty: true })
            section.Reject("arrival", $"asks for a signature, and domain '{from.Domain.Name}' has no anchors by which anybody is believed; name them, or say signature: optional");
        else if (signature && from is { Domain.Trust.Anchors.IsEmpty: true })
            arrival.Reject("signature", $"is required, and domain '{from.Domain.Name}' has no anchors by which anybody is believed");
        if (encryption && openers.IsEmpty) arrival.Reject("encryption", "is required, and 'decrypt' names no key that could open");
        if (keepsSignatures && protection?.Sign is null) arrival.Reject("inner", "is kept inside of a new outer signature, and departure.protection.sign makes none");
        if (keepsInner && protection?.Encrypt is not null) arrival.Reject("inner", "is kept with its encryption, so departure.protection.encrypt has nothing to do");

        if (keepsSignatures && protection?.Sign is { HeaderProtection: HeaderProtection.Rfc8551 }) arrival.Reject("inner", "is kept inside of a new outer signature, which takes no message/rfc822 wrap (RFC 9788 §4.10.1)");
        if (keepsSignatures && protection?.Encrypt is { HeaderPolicy: not "none" }) arrival.Reject("inner", "is kept with the header that it protects, so departure.protection.encrypt.header-policy can hide nothing");
        if (keepsSignatures && WritesText(departure)) arrival.Reject("inner", "is kept with its text, and departure.labels.write changes that");
        if (gateways.Any(g => from is not null && !from.Domain.Owns(g.Domain) && to is not null && !to.Domain.Owns(g.Domain))) arrival.Reject("gateway-addresses", "are addresses of from or to, by their 'mail'");

        var looked = ReadCheckNames(section, checks);
        if (keepsInner && looked is not null) arrival.Reject("inner", "is kept with its encryption, and 'checks' could not look inside");
        var receipts = ReadReceipts(section, protection?.Sign, from, keys);
        var release = ReadRelease(section, from?.Policy ?? labels.Home);
        var defaults = new { Label = 2, Check = 1, Block = 2, Header = 1 };
        var settings = name is null || from is null || to is null ? null : new BoundarySettings
        {
            Name = name,
            From = from.Domain,
            To = to.Domain,
            Peers = accepted,
            Opening = new BoundaryOpening { Home = from.Domain.Name, AuthservId = labels.HostName, Trust = from.Domain.Trust, Keys = openers, Signers = signers, SignerDomains = signerDomains, SignerNaming = naming, KeepsInner = keepsInner, KeepsSignatures = keepsSignatures, Lists = [.. lists.Select(l => l.Text)] },
            GatewayAddresses = gateways,
            RequireSignature = signature,
            RequireEncryption = encryption,
            LabelsIn = found is null ? null : new ListenerLabelling(found, labels.Authority),
            LabelsOut = written,
            Release = release,
            Checks = looked,
            Disclosure = removed.IsEmpty ? DisclosureRules.Default : new DisclosureRules([.. DisclosureRules.Default.Removed, .. removed]),
            Sign = protection?.Sign,
            SignUnauthenticated = unauthenticated,
            Encrypt = protection?.Encrypt,
            Reports = new BoundaryReportSettings { Delivery = ReadPassage(reports, "delivery"), Disposition = ReadPassage(reports, "disposition") },
            Receipts = receipts,
            ActionPoint = ReadActionPoint(section),
            LabelApprovals = approvals.Number("label", defaults.Label, 0, 9),
            CheckApprovals = approvals.Number("checks", defaults.Check, 0, 9),
            BlockApprovals = approvals.Number("blocked", defaults.Block, 0, 9),
            HeaderApprovals = approvals.Number("headers", defaults.Header, 0, 9),
            CorrectApprovals = approvals.Number("correct", 1, 1, 9),
        };
        approvals.Finish();
        reports.Finish();
        return settings;
    }

    private static bool WritesText(Section departure) =>
        departure.Find("labels") is not null && departure.Map("labels").Texts("write").Any(w => w is "first-line" or "last-line");

    private static ImmutableArray<Mailbox> ReadAddresses(Section section, string key)
    {
        var addresses = ImmutableArray.CreateBuilder<Mailbox>();
        foreach (var text in section.Texts(key))
        {
            if (Mailbox.TryParse(text, allowUtf8: true, out var address, out _)) addresses.Add(address);
            else section.Reject(key, $"'{text}' is not a mail address");
        }

        return addresses.ToImmutable();
    }

    private static BoundaryReceiptSettings? ReadReceipts(Section boundary, DepartureSigning? signing, DomainOfKeys? from, KeyConfiguration keys)
    {
        if (boundary.Find("receipts") is null) return null;
        var section = boundary.Map("receipts");
        var address = section.RequiredText("address");
        if (address is not null && !Mailbox.TryParse(address, allowUtf8: false, out _, out _)) section.Reject("address", $"'{address}' is not a mail address");
        var key = section.Text("key") ?? signing?.Key;
        var grades = ImmutableArray.CreateBuilder<AcknowledgmentGrade>();
        var known = Enum.GetValues<AcknowledgmentGrade>();
        foreach (var word in section.Texts("grades"))
        {
            if (Array.FindIndex(known, g => g.Keyword() == word) is >= 0 and var at) grades.Add(known[at]);
            else section.Reject("grades", $"'{word}' is not one of {string.Join(", ", known.Select(g => g.Keyword()))}");
        }

        section.Finish();
        if (signing is null) boundary.Reject("receipts", "does nothing without departure.protection.sign: what leaves unsigned asks for no receipt");
        else if (signing.Encapsulates) boundary.Reject("receipts", "needs the innermost signature, which departure.protection.sign leaves empty");
        if (address is null || key is null) return null;
        var certificate = keys.Find(key);
        if (certificate is not { } named) section.Reject("key", NoSuchKey(key, keys));
        else if (!IsNamed(named, RequiredNames["domain"])) section.Reject("key", $"the certificate of '{key}' must be named '{RequiredNames["domain"]}' to sign for a domain (RFC 3183 §3)");
        Own(section, "key", key, from);
        return new BoundaryReceiptSettings(address, new DepartureSigning(key) { Digest = signing?.Key == key ? signing.Digest : null }, grades.Count > 0 ? grades.ToImmutable() : [AcknowledgmentGrade.RecipientVerified]);
    }

    private static string? ReadActionPoint(Section section)
    {
        if (section.Text("action-point") is not { } address) return null;
        if (!Mailbox.TryParse(address, allowUtf8: false, out _, out _)) section.Reject("action-point", $"'{address}' is not a mail address");
        return address;
    }

    // What is named here has to lead where it is meant to, which the boundary by itself does not know.
    private static void CheckReceipts(ConfigurationSource source, Section root, BoundaryMap map, Domain.Routing.RouteTable routes)
    {
        foreach (var (node, path) in root.Items("boundaries"))
        {
            if (node is not YamlMap mapping) continue;
            var section = new Section(source, mapping, path);
            if (section.Find("name") is not YamlText { Value: { } name } || map.Boundaries.FirstOrDefault(b => b.Name == name) is not { } boundary) continue;
            if (boundary.Receipts is { } receipts && Mailbox.TryParse(receipts.Address, allowUtf8: false, out var awaited, out _))
            {
                var inner = section.Map("receipts");
                if (map.Find(boundary.To.Name, boundary.From.Name) is null) inner.Reject("address", $"nothing comes to it: no boundary leads from '{boundary.To.Name}' to '{boundary.From.Name}'");
                else if (routes.Find(awaited)?.Domain != boundary.From.Name) inner.Reject("address", $"no route leads '{receipts.Address}' into '{boundary.From.Name}'");
                if (!root.Map("reports").Has("tag-key")) inner.Reject("address", "needs reports.tag-key, by which a receipt leads back to its message");
            }

            if (boundary.ActionPoint is { } point && Mailbox.TryParse(point, allowUtf8: false, out var takesOver, out _) && routes.Find(takesOver)?.Domain != boundary.To.Name)
                section.Reject("action-point", $"no route leads '{point}' into '{boundary.To.Name}'");
        }
    }

    private static ReportPassage ReadPassage(Section section, string key) => section.Keyword(
        key, ReportPassage.Regenerate,
        ("block", ReportPassage.Block), ("regenerate", ReportPassage.Regenerate), ("sanitise", ReportPassage.Sanitise), ("pass", ReportPassage.Pass));

    private static void Own(Section section, string key, string name, params ReadOnlySpan<DomainOfKeys?> owners)
    {
        var names = new List<string>();
        foreach (var owner in owners)
        {
            if (owner is null || owner.Keys.Contains(name)) return;
            names.Add($"'{owner.Domain.Name}'");
        }

        section.Reject(key, $"'{name}' is not a key of domain {string.Join(" or ", names)} (domains[].keys)");
    }

    private static void OwnAll(Section section, DepartureSigning sign, params ReadOnlySpan<DomainOfKeys?> owners)
    {
        Own(section, "key", sign.Key, owners);
        if (sign.Around is { } before) OwnAll(section.Map("around"), before, owners);
    }

    private static SignerRole ReadSigners(ConfigurationSource source, Section arrival)
    {
        if (!arrival.Has("signers")) return SignerRole.Originator | SignerRole.Domain;
        var roles = SignerRole.None;
        foreach (var (node, path) in arrival.Items("signers"))
        {
            var text = (node as YamlText)?.Value ?? "";
            var known = Array.FindIndex(SignerRoles, r => r.Word == text);
            if (known < 0) source.Reject(node.Line, path, $"'{text}' is not one of {string.Join(", ", SignerRoles.Select(r => r.Word))}");
            else roles |= SignerRoles[known].Value;
        }

        return roles;
    }

    private static ImmutableArray<BoundaryPeer> ReadPeerNames(Section arrival, DomainOfKeys? from, ImmutableArray<(BoundaryPeer Peer, string? Domain)> peers)
    {
        var accepted = ImmutableArray.CreateBuilder<BoundaryPeer>();
        foreach (var name in arrival.Texts("peers"))
        {
            if (peers.FirstOrDefault(p => p.Peer.Name == name) is not { Peer: { } peer } found) arrival.Reject("peers", $"there is no peer '{name}'{Spelling.Suggest(name, [.. peers.Select(p => p.Peer.Name)])}");
            else if (from is not null && found.Domain != from.Domain.Name) arrival.Reject("peers", $"'{name}' is a peer of domain '{found.Domain}', and this boundary leads out of '{from.Domain.Name}'");
            else accepted.Add(peer);
        }

        return accepted.ToImmutable();
    }

    // By what the policy says is higher, not by the number that stands in labels.
    private static ReleaseRule? ReadRelease(Section boundary, SecurityPolicy? policy)
    {
        if (boundary.Find("release") is null) return null;
        var section = boundary.Map("release");
        var name = section.RequiredText("from");
        var persons = section.Number("approvals", 1, 1, 9);
        section.Finish();
        if (name is null) return null;
        if (policy is null)
        {
            section.Reject("from", "the domain that the messages come from names no policy");
            return null;
        }

        if (policy.Classification(name) is not { } least)
        {
            section.Reject("from", NoSuchClassification(name, policy));
            return null;
        }

        return new ReleaseRule([.. policy.Classifications.Where(c => c.Hierarchy >= least.Hierarchy).Select(c => c.Value)], persons, policy.Id);
    }

    private static string? BoundaryName(Section section)
    {
        if (section.RequiredText("name") is not { } name) return null;
        if (name.Length is > 0 and <= 63 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')) return name;
        section.Reject("name", $"'{name}' is not a name of up to 63 letters, digits, hyphens, dots and underscores");
        return null;
    }

    private static string? ReadDomainName(Section section, string key, ImmutableArray<DomainOfKeys> domains, bool required)
    {
        var name = required ? section.RequiredText(key) : section.Text(key);
        if (name is null) return null;
        if (domains.Any(d => d.Domain.Name == name)) return name;
        section.Reject(key, $"there is no domain '{name}' under 'domains'{Spelling.Suggest(name, [.. domains.Select(d => d.Domain.Name)])}");
        return null;
    }

    /// <summary>The security domain of a listener or route: every one has its own as soon as there are domains.</summary>
    private static string? ReadBoundDomain(Section section, ImmutableArray<DomainOfKeys> domains)
    {
        if (!domains.IsEmpty && !section.Has("domain")) section.Reject("domain", "is missing; with 'domains' every listener and route belongs to one of them");
        return ReadDomainName(section, "domain", domains, required: false);
    }

    private static ImmutableArray<string> ReadMailDomains(Section section, string key)
    {
        var domains = ImmutableArray.CreateBuilder<string>();
        foreach (var text in section.Texts(key))
        {
            var wildcard = text.StartsWith("*.", StringComparison.Ordinal);
            if (text == "*") domains.Add(text);
            else if (Mailbox.TryReadDomain(wildcard ? text[2..] : text, out var domain)) domains.Add(wildcard ? "*." + domain : domain);
            else section.Reject(key, $"'{text}' is not a mail domain such as red.example or *.red.example, or * for all");
        }

        return domains.ToImmutable();
    }

    private static IEnumerable<Section> Mappings(ConfigurationSource source, Section root, string key, string otherwise)
    {
        foreach (var (node, path) in root.Items(key))
        {
            if (node is YamlMap map) yield return new Section(source, map, path);
            else source.Reject(node.Line, path, otherwise);
        }
    }
}
