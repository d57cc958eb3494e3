using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Releases;
using MilSwitch.Domain.Routing;
using MilSwitch.Mime;

namespace MilSwitch.Host.Configuration;

/// <summary>Draft and release.</summary>
public static partial class ConfigurationReader
{
    private const int MostRules = 1_000;
    private const int MostAuthorities = 100;

    private static ReleaseSettings ReadReleases(
        ConfigurationSource source, Section root, KeyConfiguration keys, ImmutableArray<DomainOfKeys> domains, RouteTable routes, ImmutableArray<string> listeners, Dictionary<string, string> belongs,
        Domain.Lists.MailingListMap lists)
    {
        if (root.Find("release") is null) return ReleaseSettings.None;
        var section = root.Map("release");
        var home = ReadDomainName(section, "domain", domains, required: !domains.IsEmpty) is { } name ? domains.FirstOrDefault(d => d.Domain.Name == name) : null;
        var desk = ReadAddress(section, "desk", required: false);
        if (desk is not null && lists.Find(home?.Domain.Name, desk) is not null) section.Reject("desk", $"'{desk.Text}' is a list");
        var trust = home?.Domain.Trust ?? ReadTrust(source, section, out _);
        if (home is not null && section.Has("anchors")) section.Reject("anchors", $"those of domain '{home.Domain.Name}' count");
        var hasAnchors = !trust.Anchors.IsEmpty;
        var protection = ReadDeparture(source, section, keys, [home]);
        if (protection is not null && !hasAnchors) section.Reject("protection", "needs anchors: what is signed and opened is looked at before and afterwards");
        if (desk is not null && !hasAnchors) section.Reject("desk", "needs anchors: answers that come by mail are believed by their signatures");
        if (protection is { Keys.IsEmpty: false, Encrypt: null } or { Keys.IsEmpty: true, Encrypt: not null }) section.Reject("protection", "has decrypt and encrypt both or neither: what is opened for review is encrypted for those who review it");
        var shown = ReadAddress(section, "shown-as", required: false);
        if (protection?.Sign is not null) shown ??= desk;
        if (protection?.Sign is not null && shown is null) section.Reject("shown-as", "is missing: the address in the certificate of the key that signs, which MMHS-Authorizing-Users names");
        if (home is not null && protection?.Sign is { } sign) OwnAll(section.Map("protection").Map("sign"), sign, home);
        foreach (var key in home is null ? [] : protection?.Keys ?? []) Own(section.Map("protection"), "decrypt", key, home!);

        var rules = ImmutableArray.CreateBuilder<DraftRule>();
        foreach (var part in Mappings(source, section, "rules", "must be a mapping with name, listeners and authorizers"))
        {
            if (rules.Count >= MostRules) section.Reject("rules", string.Create(CultureInfo.InvariantCulture, $"are more than {MostRules}"));
            if (ReadDraftRule(part, listeners, belongs, home, hasAnchors, desk, routes, lists) is { } rule)
            {
                if (rules.Any(r => r.Name == rule.Name)) part.Reject("name", $"'{rule.Name}' is that of another rule already");
                rules.Add(rule);
            }

            part.Finish();
        }

        if (!section.Has("rules")) section.Reject("rules", "is missing; nothing would wait for a release");
        section.Finish();
        var reviewers = rules.SelectMany(r => r.Authorities).Select(a => a.Address.Text).Concat(shown is { } group ? [group.Text] : []).Distinct(StringComparer.Ordinal);
        return new ReleaseSettings
        {
            Rules = rules.ToImmutable(),
            Desk = desk,
            Domain = home?.Domain.Name,
            ShownAs = shown,
            Opening = !hasAnchors ? null : new BoundaryOpening
            {
                Trust = trust, Home = home?.Domain.Name, Keys = protection?.Keys ?? [], Signers = SignerRole.Originator | SignerRole.Domain | SignerRole.Review, KeepsSignatures = true, Reviewers = [.. reviewers],
            },
            Sign = protection?.Sign,
            Encrypt = protection?.Encrypt,
        };
    }

    private static DraftRule? ReadDraftRule(
        Section part, ImmutableArray<string> listeners, Dictionary<string, string> belongs, DomainOfKeys? home, bool hasAnchors, Mailbox? desk, RouteTable routes, Domain.Lists.MailingListMap lists)
    {
        var name = part.RequiredText("name");
        var over = part.Texts("listeners");
        if (over.IsEmpty) part.Reject("listeners", "is missing: the listeners by which drafts come in");
        foreach (var listener in over)
        {
            if (!listeners.Contains(listener, StringComparer.Ordinal)) part.Reject("listeners", $"there is no listener '{listener}'{Spelling.Suggest(listener, [.. listeners])}");
            else if (home is not null && belongs.GetValueOrDefault(listener) != home.Domain.Name) part.Reject("listeners", $"'{listener}' is not in domain '{home.Domain.Name}'");
        }

        var authorities = ReadAuthorities(part);
        var isFree = part.Flag("free", false);
        if (isFree != authorities.IsEmpty) part.Reject(isFree ? "free" : "authorizers", isFree ? "is for rules without authorizers" : "is missing; or say free: true");
        var required = part.Number("required", 1, 1, MostAuthorities);
        if (!isFree && required > authorities.Length) part.Reject("required", string.Create(CultureInfo.InvariantCulture, $"is {required}, and there are {authorities.Length} authorizers"));
        var others = part.Flag("others-only", true);
        var proof = part.Keyword("proof", ReleaseProof.Signature, ("signature", ReleaseProof.Signature), ("account", ReleaseProof.Account));
        if (!isFree && proof is ReleaseProof.Signature && !hasAnchors) part.Reject("proof", "needs anchors (release.anchors): no signature is believed without; or say proof: account");
        var otherwise = part.Keyword("otherwise", UnreleasedAction.Draft, ("draft", UnreleasedAction.Draft), ("hold", UnreleasedAction.Hold), ("return", UnreleasedAction.Return));
        var isHeaderDemanded = part.Keyword("header", hasAnchors, ("any", false), ("protected", true));
        if (isHeaderDemanded && !hasAnchors) part.Reject("header", "is of a signature, and there are no anchors");
        foreach (var authority in authorities)
        {
            if (desk is null && otherwise is UnreleasedAction.Draft && authority.Accounts.IsEmpty) part.Reject("authorizers", $"'{authority.Address.Text}' can't release: there is no desk (release.desk) to write to, and no account");
            if (desk is not null && otherwise is UnreleasedAction.Draft && routes.Find(authority.Address) is null && lists.Anywhere(authority.Address) is null) part.Reject("authorizers", $"no route takes '{authority.Address.Text}'");
        }

        var rule = new DraftRule
        {
            Name = name ?? "", Listeners = over, Drafters = ReadSet(part, "from"), Recipients = ReadSet(part, "to"), Levels = ReadLevels(part), Types = ReadTypes(part),
            LowestClassification = part.Has("classification") ? part.Number("classification", 0, 0, 256) : null, Authorities = authorities, Required = required,
            IsOrdered = part.Keyword("order", false, ("any", false), ("listed", true)), OthersOnly = others, DemandsProtectedHeader = isHeaderDemanded, Proof = proof, Otherwise = otherwise,
        };
        foreach (var key in new[] { "required", "order", "others-only", "proof", "otherwise", "header" })
            if (isFree && part.Has(key)) part.Reject(key, "does nothing with free: true");
        if (name is not null && (name.Length > 64 || name.Any(c => char.IsControl(c) || c is ':'))) part.Reject("name", "has more than 64 characters, a colon or control characters");
        return name is null ? null : rule;
    }

    // A text, or a mapping with the accounts that may speak in its name.
    private static ImmutableArray<ReleaseAuthority> ReadAuthorities(Section part)
    {
        var found = ImmutableArray.CreateBuilder<ReleaseAuthority>();
        foreach (var (node, path) in part.Items("authorizers"))
        {
            ReleaseAuthority? authority = null;
            if (node is YamlMap map)
            {
                var own = part.Nested(map, path);
                if (ReadAddress(own, "address", required: true) is { } address) authority = new ReleaseAuthority(address) { Accounts = own.Texts("accounts") };
                own.Finish();
            }
            else if (node is YamlText { Value: { Length: > 0 } text } && Mailbox.TryParse(text, allowUtf8: true, out var address, out _) && address.Domain.Length > 0) authority = new ReleaseAuthority(address);
            else part.Reject("authorizers", "must be mail addresses, or mappings with address and accounts");
            if (authority is null) continue;
            if (found.Any(a => a.Address == authority.Address)) part.Reject("authorizers", $"'{authority.Address.Text}' is there twice");
            else found.Add(authority);
        }

        if (found.Count > MostAuthorities) part.Reject("authorizers", string.Create(CultureInfo.InvariantCulture, $"are more than {MostAuthorities}"));
        return found.ToImmutable();
    }

    private static MailboxSet? ReadSet(Section part, string key)
    {
        if (!part.Has(key)) return null;
        if (MailboxSet.TryRead(part.Texts(key), out var set, out var wrong)) return set;
        part.Reject(key, $"'{wrong}' is not an address, *@domain or *@*.domain");
        return null;
    }

    private static ImmutableArray<Precedence> ReadLevels(Section part)
    {
        var levels = ImmutableArray.CreateBuilder<Precedence>();
        foreach (var word in part.Texts("precedence"))
        {
            if (Levels.TryGetValue(word, out var level)) levels.Add(level);
            else part.Reject("precedence", $"'{word}' is none of {string.Join(", ", Levels.Keys)}");
        }

        return levels.ToImmutable();
    }

    private static ImmutableArray<int> ReadTypes(Section part)
    {
        var types = ImmutableArray.CreateBuilder<int>();
        foreach (var word in part.Texts("types"))
        {
            if (MmhsMessageType.TryParse(word, out var type)) types.Add(type);
            else part.Reject("types", $"'{word}' is neither exercise, operation, project, drill nor a number from 0 to 255");
        }

        return types.ToImmutable();
    }
}
