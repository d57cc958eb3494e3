using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Labelling;
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
        ImmutableArray<IContentCheck> checks)
    {
        var peers = ReadPeers(source, root, domains);
        var boundaries = ImmutableArray.CreateBuilder<BoundarySettings>();
        if (domains.IsEmpty && root.Has("boundaries")) root.Reject("boundaries", "there are no 'domains' that they could lie between");
        foreach (var section in Mappings(source, root, "boundaries", "must be a mapping with name, from and to"))
        {
            var name = BoundaryName(section);
            var from = ReadDomainName(section, "from", domains, required: true);
            var to = ReadDomainName(section, "to", domains, required: true);
            var boundary = ReadBoundary(source, section, name, domains.FirstOrDefault(d => d.Domain.Name == from), domains.FirstOrDefault(d => d.Domain.Name == to), peers, keys, labels, checks);
            section.Finish();
            if (boundary is null) continue;
            if (from == to) section.Reject("to", "is the same domain as from");
            else if (boundaries.Any(b => b.Name == name)) section.Reject("name", $"'{name}' is given to another boundary already");
            else if (boundaries.FirstOrDefault(b => b.From.Name == from && b.To.Name == to) is { } other) section.Reject("to", $"boundary '{other.Name}' leads from '{from}' to '{to}' already");
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
        var keepsInner = arrival.Keyword("inner", false, ("strip", false), ("keep", true));
        var signature = arrival.Keyword("signature", true, ("required", true), ("optional", false));
        var encryption = arrival.Keyword("encryption", false, ("required", true), ("optional", false));
        var signers = ReadSigners(source, arrival);
        var signerDomains = ReadMailDomains(arrival, "signer-domains");
        var accepted = ReadPeerNames(arrival, from, peers);
        var found = ReadListenerLabels(source, arrival, labels with { Home = from?.Policy ?? labels.Home });
        arrival.Finish();

        var written = departure.Find("labels") is null ? null : ReadLinkLabels(source, departure, labels with { Home = to?.Policy ?? labels.Home, AreRead = true });
        var protection = ReadDeparture(source, departure, keys, [to]);
        if (protection is { Keys.IsEmpty: false }) departure.Map("protection").Reject("decrypt", "belongs under arrival");
        var disclosure = departure.Map("disclose");
        var removed = disclosure.Texts("remove");
        disclosure.Finish();
        var unauthenticated = departure.Flag("sign-unauthenticated", false);
        if (unauthenticated && protection?.Sign is null) departure.Reject("sign-unauthenticated", "does nothing without protection.sign");
        departure.Finish();

        foreach (var key in openers) Own(arrival, "decrypt", key, from, to);
        if (protection?.Sign is { } sign) Own(departure.Map("protection").Map("sign"), "key", sign.Key, from, to);
        if (signature && !section.Map("arrival").Has("signature") && from is { Domain.Trust.Anchors.IsEmpty: true })
            section.Reject("arrival", $"asks for a signature, and domain '{from.Domain.Name}' has no anchors by which anybody is believed; name them, or say signature: optional");
        else if (signature && from is { Domain.Trust.Anchors.IsEmpty: true })
            arrival.Reject("signature", $"is required, and domain '{from.Domain.Name}' has no anchors by which anybody is believed");
        if (encryption && openers.IsEmpty) arrival.Reject("encryption", "is required, and 'decrypt' names no key that could open");
        if (keepsInner && protection?.Sign is null) arrival.Reject("inner", "is kept inside of a new outer signature, and departure.protection.sign makes none");
        if (keepsInner && protection?.Encrypt is not null) arrival.Reject("inner", "is kept with its encryption, so departure.protection.encrypt has nothing to do");

        var looked = ReadCheckNames(section, checks);
        if (keepsInner && looked is not null) arrival.Reject("inner", "is kept with its encryption, and 'checks' could not look inside");
        var release = ReadRelease(section, from?.Policy ?? labels.Home);
        var defaults = new { Label = 2, Check = 1, Block = 2, Header = 1 };
        var settings = name is null || from is null || to is null ? null : new BoundarySettings
        {
            Name = name,
            From = from.Domain,
            To = to.Domain,
            Peers = accepted,
            Opening = new BoundaryOpening { Home = from.Domain.Name, AuthservId = labels.HostName, Trust = from.Domain.Trust, Keys = openers, Signers = signers, SignerDomains = signerDomains, KeepsInner = keepsInner },
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
