using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Routing;
using MilSwitch.Labels;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Clearances;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Policies;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    private const int MostPolicyOctets = 16 << 20;

    private static readonly (string Word, LabelSource Value)[] LabelSources =
    [
        ("ess", LabelSource.Ess), ("sio-label", LabelSource.SioLabel), ("first-line", LabelSource.FirstLine), ("last-line", LabelSource.LastLine), ("subject", LabelSource.Subject), ("x-header", LabelSource.XHeader), ("binding", LabelSource.Binding),
    ];

    // Policies come before everything that names one.
    private static LabelConfiguration ReadLabels(ConfigurationSource source, Section root, string hostName)
    {
        var policies = ReadPolicies(source, root);
        var section = root.Map("labels");
        var home = ReadPolicy(section, "policy", policies);
        if (root.Has("labels") && !root.Has("policies")) root.Reject("labels", "there are no 'policies' by which labels could be judged");
        var clearances = ReadAddressClearances(source, section, policies, home);
        var certified = ReadCertifiedClearances(source, section, policies);
        section.Finish();
        return new LabelConfiguration(new LabelAuthority(policies, clearances, certified), home, hostName) { HasPolicies = root.Has("policies"), HasCertificates = certified is not null };
    }

    private static PolicySet ReadPolicies(ConfigurationSource source, Section root)
    {
        var policies = new Dictionary<string, SecurityPolicy>(StringComparer.Ordinal);
        foreach (var (node, path) in root.Items("policies"))
        {
            string? file;
            IReadOnlyList<Certificate>? anchors = null;
            var line = node.Line;
            switch (node)
            {
                case YamlText { IsNull: false, Value.Length: > 0 } text:
                    file = text.Value;
                    break;
                case YamlMap map:
                    var entry = new Section(source, map, path);
                    file = entry.RequiredText("file");
                    if (entry.Has("signed-by"))
                    {
                        anchors = ReadMaterial(source, entry, "signed-by").Certificates;
                        if (anchors.Count is 0) entry.Reject("signed-by", "holds no certificate");
                    }

                    entry.Finish();
                    break;
                default:
                    source.Reject(line, path, "must be the path of a policy (SPIF), or a mapping with file and signed-by");
                    continue;
            }

            foreach (var named in file is null ? [] : PolicyFilesIn(source, line, path, file))
            {
                if (ReadPolicyFile(source, line, path, named, anchors) is not { } policy) continue;
                if (!policy.IsCurrentAt(TimeProvider.System.GetUtcNow())) source.Reject(line, path, $"policy {policy.Id} ({policy.Name}) is not in force at this time");
                if (policies.TryGetValue(policy.Id, out var other)) source.Reject(line, path, $"policy {policy.Id} ({policy.Name}) is there already, as '{other.Name}'");
                else policies.Add(policy.Id, policy);
            }
        }

        return new PolicySet(policies.Values);
    }

    // A file, or those of a folder.
    private static IEnumerable<string> PolicyFilesIn(ConfigurationSource source, int line, string path, string named)
    {
        var full = source.FullPath(named);
        if (!Directory.Exists(full)) return [named];
        string[] files = [.. Directory.GetFiles(full).Where(f => Path.GetExtension(f).ToUpperInvariant() is ".XML" or ".SPIF" or ".DER" && !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)];
        if (files.Length is 0) source.Reject(line, path, $"'{named}' holds no policy (.xml, .spif, .der)");
        return files;
    }

    private static SecurityPolicy? ReadPolicyFile(
        ConfigurationSource source, int line, string path, string file, IReadOnlyList<Certificate>? anchors)
    {
        if (source.ReadableFile(line, path, file) is not { } full) return null;
        try
        {
            if (new FileInfo(full).Length > MostPolicyOctets)
            {
                source.Reject(line, path, $"'{file}' is larger than a policy may be");
                return null;
            }

            var octets = File.ReadAllBytes(full);
            return anchors is null
                ? PolicyFile.Read(octets)
                : SignedPolicyReader.Read(octets, new PathOptions { Trust = new TrustMaterial(anchors, [], []), At = TimeProvider.System.GetUtcNow(), Purpose = PathPurpose.Sign }).Policy;
        }
        catch (PolicyRefusedException refused)
        {
            // Each at its own line of its own file.
            var beside = source.Beside(file);
            foreach (var problem in refused.Problems) beside.Reject(problem.Line, "", problem.Text);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            source.Reject(line, path, ConfigurationSource.Reason(file, fault));
        }

        return null;
    }

    private static SecurityPolicy? ReadPolicy(Section section, string key, PolicySet policies)
    {
        if (section.Text(key) is not { } name) return null;
        if (policies.Named(name) is { } policy) return policy;
        section.Reject(key, $"there is no policy '{name}' under 'policies'{Spelling.Suggest(name, [.. policies.All.Select(p => p.Name)])}");
        return null;
    }

    private static AddressClearances ReadAddressClearances(ConfigurationSource source, Section labels, PolicySet policies, SecurityPolicy? home)
    {
        var rows = new List<(string Match, Clearance Clearance)>();
        foreach (var (node, path) in labels.Items("clearances"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with match and clearance");
                continue;
            }

            var entry = new Section(source, map, path);
            var match = ReadMatch(entry);
            var clearance = ReadClearance(source, entry, policies, home);
            if (!entry.Has("clearance")) entry.Reject("clearance", "is missing");
            entry.Finish();
            if (match is null || clearance is null) continue;
            if (rows.Any(r => r.Match.Equals(match, StringComparison.OrdinalIgnoreCase))) entry.Reject("match", $"'{match}' is matched already");
            else rows.Add((match, clearance));
        }

        return new AddressClearances(rows);
    }

    private static CertifiedClearances? ReadCertifiedClearances(ConfigurationSource source, Section labels, PolicySet policies)
    {
        if (labels.Find("certificates") is null) return null;
        var section = labels.Map("certificates");
        var holders = ReadMaterial(source, section, "holders").Certificates;
        if (holders.Count is 0 && section.Has("holders")) section.Reject("holders", "holds no certificate");
        foreach (var holder in holders.Where(h => h.MailAddresses.Count is 0)) section.Reject("holders", $"'{holder.Subject}' names no mail address, so it is nobody's");
        var trust = ReadTrust(source, section, out var hasAnchors);
        if (!hasAnchors) section.Reject("anchors", "is missing: whom the certificates must lead to");
        var authorities = ReadMaterial(source, section, "attribute-authorities").Certificates;
        var attributes = ReadAttributeCertificates(source, section, "attribute-certificates");
        if (section.Has("attribute-certificates") && authorities.Count is 0) section.Reject("attribute-authorities", "is missing: whose attribute certificates are taken");
        var revocation = section.Keyword("revocation", RevocationMode.IfKnown, ("if-known", RevocationMode.IfKnown), ("require", RevocationMode.Require), ("off", RevocationMode.Off));
        section.Finish();
        var path = new PathOptions
        {
            Trust = new TrustMaterial(trust.Anchors.Select(c => Certificate.Read(c)), trust.Certificates.Select(c => Certificate.Read(c)), trust.RevocationLists.Select(l => RevocationList.Read(l))),
            At = TimeProvider.System.GetUtcNow(),
            Suite = AlgorithmSuite.Find(trust.Suite) ?? AlgorithmSuite.Default,
            Revocation = revocation,
        };
        return new CertifiedClearances([.. holders], attributes, new ClearanceOptions { Path = path, Policies = policies, AttributeAuthorities = authorities });
    }

    private static List<AttributeCertificate> ReadAttributeCertificates(ConfigurationSource source, Section section, string key)
    {
        var all = new List<AttributeCertificate>();
        foreach (var (node, path) in section.Items(key))
        {
            if (node is not YamlText { IsNull: false, Value.Length: > 0 } text)
            {
                source.Reject(node.Line, path, "must be the path of a file or folder");
                continue;
            }

            var full = source.FullPath(text.Value);
            string[] files = Directory.Exists(full) ? [.. Directory.GetFiles(full).Where(IsAttributeCertificate).Order(StringComparer.Ordinal)] : [full];
            foreach (var file in files)
            {
                if (source.ReadableFile(node.Line, path, files.Length is 1 && file == full ? text.Value : file) is null) continue;
                try
                {
                    if (new FileInfo(file).Length > CertificateFile.MostOctets) throw new CmsFormatException("is too large");
                    all.Add(AttributeCertificate.Read(ClearanceFile.Bare(File.ReadAllBytes(file))));
                }
                catch (CmsFormatException fault)
                {
                    source.Reject(node.Line, path, $"'{text.Value}' {fault.Message}");
                }
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
                {
                    source.Reject(node.Line, path, ConfigurationSource.Reason(text.Value, fault));
                }
            }
        }

        return all;
    }

    private static bool IsAttributeCertificate(string file) => !Path.GetFileName(file).StartsWith('.') && Path.GetExtension(file).ToUpperInvariant() is ".AC" or ".DER" or ".PEM" or ".CER" or ".CRT";

    // As X.501 has it, or in a file of any form that label permits takes.
    private static Clearance? ReadEncodedClearance(ConfigurationSource source, Section clearance, string key, PolicySet policies)
    {
        foreach (var other in new[] { "policy", "up-to", "classifications", "categories", "x501", "file" }.Where(k => k != key && clearance.Has(k))) clearance.Reject(other, $"stands beside {key}, which says everything");
        var written = clearance.RequiredText(key);
        var line = clearance.Find(key)!.Line;
        clearance.Finish();
        if (written is null) return null;
        try
        {
            var octets = Encoding.UTF8.GetBytes(written);
            if (key is "file")
            {
                if (source.ReadableFile(line, clearance.PathOf(key), written) is not { } full) return null;
                if (new FileInfo(full).Length > ClearanceFile.MostOctets) throw new LabelRefusedException(LabelFault.TooLarge, "it is larger than any clearance");
                octets = File.ReadAllBytes(full);
            }
            else if (ClearanceFile.Bare(octets).Span.SequenceEqual(octets))
            {
                throw new LabelRefusedException(LabelFault.Malformed, "it is neither hexadecimal nor base64");
            }

            var read = ClearanceFile.Read(octets, policies);
            if (policies.Find(read.Policy) is not null) return read;
            clearance.Reject(key, $"is of policy {read.Policy}, which is not under 'policies'");
        }
        catch (LabelRefusedException refused)
        {
            clearance.Reject(key, $"is no clearance: {refused.Message}");
        }
        catch (ClearanceRefusedException refused)
        {
            foreach (var problem in refused.Problems) clearance.Reject(key, problem);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            clearance.Reject(key, ConfigurationSource.Reason(written, fault));
        }

        return null;
    }

    private static Clearance? ReadClearance(ConfigurationSource source, Section section, PolicySet policies, SecurityPolicy? home, string key = "clearance")
    {
        if (section.Find(key) is null) return null;
        var clearance = section.Map(key);
        if (clearance.Has("x501") || clearance.Has("file")) return ReadEncodedClearance(source, clearance, clearance.Has("x501") ? "x501" : "file", policies);
        var policy = clearance.Has("policy") ? ReadPolicy(clearance, "policy", policies) : home;
        if (policy is null && !clearance.Has("policy")) clearance.Reject("policy", "is missing, and 'labels' names no policy that could stand in for it");
        var upTo = clearance.Text("up-to");
        var listed = clearance.Texts("classifications");
        if (upTo is null && listed.IsEmpty) clearance.Reject("up-to", "is missing; name the highest classification, or list them under classifications");
        if (upTo is not null && !listed.IsEmpty) clearance.Reject("classifications", "are given as well as up-to; give one of them");
        var values = ImmutableArray.CreateBuilder<int>();
        foreach (var name in upTo is not null ? [upTo] : listed)
        {
            if (policy is null) break;
            if (policy.Written(name) is { } known) values.Add(known.Value);
            else clearance.Reject(upTo is not null ? "up-to" : "classifications", NoSuchClassification(name, policy));
        }

        values.Sort();
        var categories = ReadCategories(source, clearance, policy, isClearance: true);
        clearance.Finish();
        return policy is null || values.Count is 0
            ? null
            : new Clearance { Policy = policy.Id, Classifications = [.. values.Distinct()], IncludesLower = upTo is not null, Categories = categories };
    }

    private static SecurityLabel? ReadLabel(ConfigurationSource source, Section section, string key, PolicySet policies, SecurityPolicy? home)
    {
        if (section.Find(key) is null) return null;
        var written = section.Map(key);
        var policy = written.Has("policy") ? ReadPolicy(written, "policy", policies) : home;
        if (policy is null && !written.Has("policy")) written.Reject("policy", "is missing, and 'labels' names no policy that could stand in for it");
        var name = written.RequiredText("classification");
        var mark = written.Text("privacy-mark");
        if (mark is { Length: > LabelBounds.PrivacyMark }) written.Reject("privacy-mark", "is too long");
        var categories = ReadCategories(source, written, policy);
        written.Finish();
        if (policy is null || name is null) return null;
        if (policy.Written(name) is not { } classification)
        {
            written.Reject("classification", NoSuchClassification(name, policy));
            return null;
        }

        var label = new SecurityLabel
        {
            Policy = policy.Id, Classification = classification.Value, PrivacyMark = mark is { Length: <= LabelBounds.PrivacyMark } ? mark : null, Categories = categories,
        };
        var check = LabelValidity.Check(label, policy, LabelUse.Originated);
        if (check.IsGranted) return label;
        foreach (var step in check.Unmet) section.Reject(key, Explanation.Describe(step, policy));
        return null;
    }

    // By their names, else by their numbers.
    private static ImmutableArray<LabelCategory> ReadCategories(ConfigurationSource source, Section section, SecurityPolicy? policy, bool isClearance = false)
    {
        if (section.Find("categories") is not YamlMap map)
        {
            if (section.Has("categories")) section.Reject("categories", "must be a mapping of tag sets to values");
            return [];
        }

        var categories = ImmutableArray.CreateBuilder<LabelCategory>();
        var sets = new Section(source, map, section.PathOf("categories"));
        foreach (var entry in map.Entries)
        {
            var names = sets.Texts(entry.Key);
            if (policy is null) continue;
            if (policy.WrittenSet(entry.Key) is not { } set)
            {
                sets.Reject(entry.Key, $"policy {policy.Name} has no tag set '{entry.Key}'{Spelling.Suggest(entry.Key, [.. policy.TagSets.Select(s => s.Name)])}");
                continue;
            }

            var values = new List<CategoryReference>();
            if (isClearance && names is ["*"]) values.AddRange(set.Listed());
            else foreach (var name in names)
            {
                var meant = set.Written(name, isDeciding: false);
                var found = meant.Length;
                if (found is 1 && !values.Contains(meant[0])) values.Add(meant[0]);
                if (found is 0) sets.Reject(entry.Key, $"tag set '{set.Name}' has no value '{name}'{Spelling.Suggest(name, [.. set.Tags.SelectMany(t => t.Categories).Select(c => c.Name)])}");
                else if (found > 1) sets.Reject(entry.Key, $"tag set '{set.Name}' has more than one value '{name}'");
            }

            categories.AddRange(TagSetDefinition.Joined(values, policy.LabelSyntax));
        }

        sets.Finish();
        return categories.DrainToImmutable();
    }

    private static string NoSuchClassification(string name, SecurityPolicy policy) =>
        $"policy {policy.Name} has no classification '{name}'{Spelling.Suggest(name, [.. policy.Classifications.Select(c => c.Name)])}";

    private static ListenerLabelSettings? ReadListenerLabels(ConfigurationSource source, Section listener, LabelConfiguration labels)
    {
        if (listener.Find("labels") is null) return null;
        var section = listener.Map("labels");
        var policies = labels.Authority.Policies;
        if (!labels.HasPolicies) listener.Reject("labels", "there are no 'policies' by which labels could be judged");
        var (unlabelled, givesDefault) = section.Keyword(
            "unlabelled", (LabelFaultAction.Accept, false),
            ("accept", (LabelFaultAction.Accept, false)), ("hold", (LabelFaultAction.Hold, false)), ("refuse", (LabelFaultAction.Refuse, false)), ("default", (LabelFaultAction.Accept, true)));
        var substitute = ReadLabel(source, section, "default", policies, labels.Home);
        if (givesDefault && !section.Has("default")) section.Reject("default", "is missing; unlabelled: default needs the label that is to be given");
        if (!givesDefault && section.Has("default")) section.Reject("default", "does nothing without unlabelled: default");
        var sources = section.Has("sources") ? ReadSources(source, section, "sources") : [LabelSource.Ess, LabelSource.SioLabel];
        var signedOnly = section.Flag("require-signed", false);
        if (signedOnly && !sources.Contains(LabelSource.Ess)) section.Reject("require-signed", "needs ess among the sources: no other label is signed");
        var settings = new ListenerLabelSettings
        {
            HostName = labels.HostName,
            Sources = sources,
            SignedOnly = signedOnly,
            Unlabelled = unlabelled,
            Default = givesDefault ? substitute : null,
            Labelled = Fault(section, "labelled", LabelFaultAction.Accept, mayAccept: true),
            Invalid = Fault(section, "invalid", LabelFaultAction.Hold, mayAccept: false),
            Disagreeing = Fault(section, "disagreeing", LabelFaultAction.Hold, mayAccept: false),
            Denied = Fault(section, "denied", LabelFaultAction.Refuse, mayAccept: false),
            Clearance = ReadClearance(source, section, policies, labels.Home),
            MarkingPolicy = labels.Home,
            MarkingField = ReadMarkingField(section, "sources", sources),
        };
        if (sources.Any(s => s is LabelSource.FirstLine or LabelSource.LastLine or LabelSource.Subject or LabelSource.XHeader) && labels.Home is null)
            section.Reject("sources", "texts are read by the marking codes of the policy that 'labels' names, and it names none");
        section.Finish();
        return settings;
    }

    // Without holders and without a route that finds them nobody would have a clearance by certificate.
    private static void CheckHolders(Section root, LabelConfiguration labels, RouteTable routes)
    {
        var section = root.Map("labels").Map("certificates");
        if (labels.HasCertificates && !section.Has("holders") && !routes.Routes.Any(r => r.Link?.Labels is LinkLabelling { IsFinding: true }))
            section.Reject("holders", "is missing: the certificates of the addresses, unless routes find them (routes[].labels.find)");
    }

    /// <param name="source">For problems.</param>
    /// <param name="route">Or the departure of a boundary.</param>
    /// <param name="labels">Policies and clearances.</param>
    /// <param name="isRoute">Of routes certificates may be found.</param>
    /// <param name="home">The route's security domain; null: none.</param>
    private static ILinkLabelling? ReadLinkLabels(ConfigurationSource source, Section route, LabelConfiguration labels, bool isRoute = false, DomainOfKeys? home = null)
    {
        if (route.Find("labels") is null)
        {
            // Whoever may see less than everything is known, whichever way leads there.
            return !labels.Authority.LimitsAddresses
                ? null
                : new LinkLabelling(new LinkLabelSettings { HostName = labels.HostName, Unlabelled = LabelOutcome.Go }, labels.Authority);
        }

        var section = route.Map("labels");
        var policies = labels.Authority.Policies;
        if (!labels.HasPolicies) route.Reject("labels", "there are no 'policies' by which labels could be judged");
        var clearance = ReadClearance(source, section, policies, labels.Home);
        var writes = ReadSources(source, section, "write");
        if (writes.Contains(LabelSource.Binding)) section.Reject("write", "binding is read only: a part of its own would change what others have signed");
        if (writes.Contains(LabelSource.Ess)) section.Reject("write", "ess is written by protection.sign, whenever a message on a route with labels has one");
        var settings = new LinkLabelSettings
        {
            HostName = labels.HostName,
            Clearance = clearance,
            Policy = ReadPolicy(section, "policy", policies),
            Unlabelled = section.Keyword(
                "unlabelled", section.Has("clearance") ? LabelOutcome.Hold : LabelOutcome.Go, ("send", LabelOutcome.Go), ("hold", LabelOutcome.Hold), ("return", LabelOutcome.Return)),
            Denied = section.Keyword("denied", LabelOutcome.Hold, ("hold", LabelOutcome.Hold), ("return", LabelOutcome.Return)),
            Writes = writes,
            MarkingField = ReadMarkingField(section, "write", writes),
            FindIn = isRoute ? ReadClearanceFinding(section, labels, home) : null,
        };
        if (settings.Unlabelled is not LabelOutcome.Go && !labels.AreRead)
            route.Reject("labels", "requires a label of every message, and no listener looks for labels (listeners[].labels), so nothing could ever leave here");
        section.Finish();
        return new LinkLabelling(settings, labels.Authority);
    }

    private static string? ReadClearanceFinding(Section section, LabelConfiguration labels, DomainOfKeys? home)
    {
        const string Name = "find";
        if (!section.Flag(Name, false)) return null;
        if (!labels.HasCertificates) section.Reject(Name, "needs labels.certificates, by whose anchors what is found is judged");
        if (home is null) section.Reject(Name, "needs a security domain, whose sources are asked (domains[].certificates)");
        else if (home.Finding is null) section.Reject(Name, $"domain '{home.Domain.Name}' names no sources of certificates (domains[].certificates)");
        return home?.Domain.Name;
    }

    private static string? ReadMarkingField(Section section, string key, ImmutableArray<LabelSource> places)
    {
        const string Name = "x-header";
        var name = section.Text(Name);
        if (!places.Contains(LabelSource.XHeader))
        {
            if (section.Has(Name)) section.Reject(Name, $"does nothing without x-header under {key}");
            return null;
        }

        if (!section.Has(Name)) section.Reject(Name, $"is missing: the name of the field, since {key} has x-header");
        else if (name is not null && !MarkingField.IsName(name)) section.Reject(Name, "must be the name of a field, X- and letters, digits or hyphens, and none of the switch's own (X-MilSwitch)");
        return name;
    }

    private static LabelFaultAction Fault(Section section, string key, LabelFaultAction otherwise, bool mayAccept) => mayAccept
        ? section.Keyword(key, otherwise, ("accept", LabelFaultAction.Accept), ("hold", LabelFaultAction.Hold), ("refuse", LabelFaultAction.Refuse))
        : section.Keyword(key, otherwise, ("hold", LabelFaultAction.Hold), ("refuse", LabelFaultAction.Refuse));

    private static ImmutableArray<LabelSource> ReadSources(ConfigurationSource source, Section section, string key)
    {
        var sources = ImmutableArray.CreateBuilder<LabelSource>();
        foreach (var (node, path) in section.Items(key))
        {
            var text = (node as YamlText)?.Value ?? "";
            var found = Array.FindIndex(LabelSources, s => s.Word == text);
            if (found < 0) source.Reject(node.Line, path, $"'{text}' is not one of {string.Join(", ", LabelSources.Select(s => s.Word))}{Spelling.Suggest(text, [.. LabelSources.Select(s => s.Word)])}");
            else if (!sources.Contains(LabelSources[found].Value)) sources.Add(LabelSources[found].Value);
        }

        return sources.ToImmutable();
    }
}
