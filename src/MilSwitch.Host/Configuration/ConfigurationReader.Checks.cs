using System.Collections.Immutable;
using System.Text;
using MilSwitch.Checks.Attachments;
using MilSwitch.Checks.Lanes;
using MilSwitch.Checks.Scanning;
using MilSwitch.Checks.Schemas;
using MilSwitch.Checks.Structure;
using MilSwitch.Checks.Words;
using MilSwitch.Domain.Checking;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Configuration;

/// <summary>Checks of contents, which boundaries name.</summary>
public static partial class ConfigurationReader
{
    private const int MostWordOctets = 4 << 20;

    private static ImmutableArray<IContentCheck> ReadChecks(ConfigurationSource source, Section root, LabelConfiguration labels)
    {
        var checks = ImmutableArray.CreateBuilder<IContentCheck>();
        foreach (var section in Mappings(source, root, "checks", "must be a mapping with name and type"))
        {
            var name = BoundaryName(section);
            var type = section.Keyword(
                "type", "", ("structure", "structure"), ("words", "words"), ("attachments", "attachments"), ("schema", "schema"), ("clamd", "clamd"), ("icap", "icap"));
            if (!section.Has("type")) section.Reject("type", "is missing; structure, words, attachments, schema, clamd or icap");
            // Which keys there are is not known without a type.
            if (type.Length is 0) continue;
            IContentCheck check = type switch
            {
                "structure" => new StructureCheck(ReadStructure(section), name ?? ""),
                "words" => new WordCheck(ReadWords(source, section, labels), name ?? ""),
                "attachments" => new AttachmentCheck(ReadAttachments(section), name ?? ""),
                "schema" => ReadSchema(source, section, name ?? ""),
                "clamd" => new ScanCheck(ReadScan(section), new ClamdClient(ReadClamd(section), TimeProvider.System), name ?? ""),
                _ => new ScanCheck(ReadScan(section), new IcapClient(ReadIcap(section), TimeProvider.System), name ?? ""),
            };
            section.Finish();
            if (name is null) continue;
            if (checks.Any(c => c.Name == check.Name)) section.Reject("name", $"'{check.Name}' is given to another check already");
            else checks.Add(check);
        }

        return checks.ToImmutable();
    }

    private static CheckLanes? ReadCheckNames(Section boundary, ImmutableArray<IContentCheck> known)
    {
        var chosen = ImmutableArray.CreateBuilder<IContentCheck>();
        foreach (var name in boundary.Texts("checks"))
        {
            if (chosen.Any(c => c.Name == name)) boundary.Reject("checks", $"'{name}' stands twice");
            else if (known.FirstOrDefault(c => c.Name == name) is { } check) chosen.Add(check);
            else boundary.Reject("checks", $"there is no check '{name}' under 'checks'{Spelling.Suggest(name, [.. known.Select(c => c.Name)])}");
        }

        return chosen.Count is 0 ? null : new CheckLanes(chosen.DrainToImmutable(), new LaneRules(), TimeProvider.System);
    }

    private static StructureRules ReadStructure(Section section)
    {
        var rules = new StructureRules();
        var (types, fields) = (section.Texts("media-types"), section.Texts("fields"));
        if (!types.IsEmpty) rules = Take(section, "media-types", rules, r => r with { MediaTypes = types });
        if (!fields.IsEmpty) rules = Take(section, "fields", rules, r => r with { Fields = fields });
        return rules with
        {
            LargestMessage = section.Size("largest-message", rules.LargestMessage, 1 << 10, 2L << 30),
            LargestPart = section.Size("largest-part", rules.LargestPart, 1, 2L << 30),
            MostAuthors = section.Number("most-authors", rules.MostAuthors, 1, 100),
            Reading = rules.Reading with
            {
                Depth = section.Number("depth", rules.Reading.Depth, 1, 20), Parts = section.Number("parts", rules.Reading.Parts, 1, 1000),
            },
            Outcome = Outcome(section, rules.Outcome),
        };
    }

    private static WordRules ReadWords(ConfigurationSource source, Section section, LabelConfiguration labels)
    {
        var rules = new WordRules();
        var words = ImmutableArray.CreateBuilder<WordRule>();
        if (!section.Has("file")) section.Reject("file", "is missing; a file with a weight and a word or phrase on each line");
        else if (section.File("file") is { } path) ReadWordFile(source.Beside(section.Text("file")!), path, words);
        rules = rules with { Otherwise = ReadThresholds(section) };
        var policy = ReadPolicy(section, "policy", labels.Authority.Policies) ?? labels.Home;
        rules = rules with { ByClassification = ReadClassifications(source, section, policy), Policy = policy?.Id };
        return Take(section, "file", rules, r => r with { Words = words.ToImmutable() });
    }

    private static WordThresholds ReadThresholds(Section section)
    {
        var otherwise = new WordRules().Otherwise;
        var (hold, block) = (section.Number("hold", otherwise.Hold, 1, 1_000_000), section.Number("block", otherwise.Block, 1, 1_000_000));
        if (block >= hold) return new WordThresholds(hold, block);
        // The one that is written: the other may be the default.
        var key = section.Has("block") ? "block" : "hold";
        section.Reject(key, key is "block" ? $"{block} is below hold, which is {hold}" : $"{hold} is above block, which is {block}");
        return otherwise;
    }

    // "5 nuclear fuel": the weight, then the phrase. Findings name the line, so that they need not repeat the word.
    private static void ReadWordFile(ConfigurationSource file, string path, ImmutableArray<WordRule>.Builder words)
    {
        if (new FileInfo(path).Length > MostWordOctets)
        {
            file.Reject(0, "-", "is larger than a list of words may be");
            return;
        }

        var number = 0;
        foreach (var text in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            var line = text.Trim();
            if (line.Contains('\ufffd', StringComparison.Ordinal))
            {
                // A word that is not the one that was meant would never be found.
                file.Reject(number, "-", "is not UTF-8");
                continue;
            }

            if (line.Length is 0 || line[0] is '#') continue;
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || !int.TryParse(line.AsSpan(0, space), System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var weight))
            {
                file.Reject(number, "-", "must be a weight and a word or phrase, such as '5 reactor'");
                continue;
            }

            try
            {
                words.Add(new WordRule(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"line {number}"), line[(space + 1)..].Trim(), weight));
            }
            catch (ArgumentException fault)
            {
                file.Reject(number, "-", Said(fault));
            }
        }
    }

    private static ImmutableDictionary<int, WordThresholds> ReadClassifications(ConfigurationSource source, Section section, SecurityPolicy? policy)
    {
        var made = ImmutableDictionary.CreateBuilder<int, WordThresholds>();
        foreach (var (node, path) in section.Items("classifications"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with name, hold and block");
                continue;
            }

            var entry = new Section(source, map, path);
            var name = entry.RequiredText("name");
            var thresholds = ReadThresholds(entry);
            entry.Finish();
            if (name is null) continue;
            if (policy is null) entry.Reject("name", "there is no policy by which it could be known; name one with 'policy'");
            else if (policy.Classification(name) is not { } classification) entry.Reject("name", NoSuchClassification(name, policy));
            else if (!made.TryAdd(classification.Value, thresholds)) entry.Reject("name", $"'{name}' stands twice");
        }

        return made.ToImmutable();
    }

    private static AttachmentRules ReadAttachments(Section section)
    {
        var rules = new AttachmentRules();
        return rules with
        {
            HoldsActiveContent = section.Keyword("active-content", rules.HoldsActiveContent, ("hold", true), ("pass", false)),
            ArchiveDepth = section.Number("archive-depth", rules.ArchiveDepth, 0, 10),
            Entries = section.Number("entries", rules.Entries, 1, 100_000),
            OpenedOctets = section.Size("opened", rules.OpenedOctets, 1, 2L << 30),
            LargestEntry = (int)section.Size("largest-entry", rules.LargestEntry, 1, 1 << 30),
            Ratio = section.Number("ratio", rules.Ratio, 10, 10_000),
        };
    }

    private static SchemaCheck ReadSchema(ConfigurationSource source, Section section, string name)
    {
        var rules = new SchemaRules();
        rules = rules with
        {
            LargestFile = section.Size("largest", rules.LargestFile, 1 << 10, 1 << 30),
            Depth = section.Number("depth", rules.Depth, 1, 200),
            IsRequired = section.Flag("required", rules.IsRequired),
            Outcome = Outcome(section, rules.Outcome),
        };
        var files = section.Texts("schemas").Select(source.FullPath).ToArray();
        if (files.Length is 0) section.Reject("schemas", "is missing; files with XML schemas");
        var set = files.Length is 0 ? null : SchemaFiles.Read(files, (file, line, text) => section.Reject("schemas", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file}:{line}: {text}")));
        return new SchemaCheck(set ?? new System.Xml.Schema.XmlSchemaSet(), rules, name);
    }

    private static ScanRules ReadScan(Section section)
    {
        var rules = new ScanRules();
        return rules with { Outcome = Outcome(section, rules.Outcome) };
    }

    private static ClamdRules ReadClamd(Section section)
    {
        var rules = new ClamdRules();
        return rules with
        {
            Address = ReadScanner(section, rules.Address, 3310),
            AnswerTimeout = section.Duration("answer-timeout", rules.AnswerTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
            LargestStream = section.Size("largest", rules.LargestStream, 1 << 10, 2L << 30),
        };
    }

    private static IcapRules ReadIcap(Section section)
    {
        var rules = new IcapRules();
        if (section.Text("service") is { } service) rules = Take(section, "service", rules, r => r with { Service = service });
        return rules with
        {
            Address = ReadScanner(section, rules.Address, 1344),
            AnswerTimeout = section.Duration("answer-timeout", rules.AnswerTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
            LargestContent = section.Size("largest", rules.LargestContent, 1 << 10, 2L << 30),
        };
    }

    private static ScannerAddress ReadScanner(Section section, ScannerAddress otherwise, int port)
    {
        if (section.Text("address") is not { } text) return otherwise;
        try
        {
            return ScannerAddress.Parse(text, port);
        }
        catch (FormatException)
        {
            section.Reject("address", $"'{text}' is neither host:port nor unix:/path");
            return otherwise;
        }
    }

    // What rules refuse is reported at the key that says it.
    private static T Take<T>(Section section, string key, T rules, Func<T, T> change)
    {
        try
        {
            return change(rules);
        }
        catch (ArgumentException fault)
        {
            section.Reject(key, Said(fault));
            return rules;
        }
    }

    // Without the name of the parameter and the value, which the message has behind what is said.
    private static string Said(ArgumentException fault) => fault.Message.Split(" (Parameter ")[0];

    private static CheckOutcome Outcome(Section section, CheckOutcome otherwise) =>
        section.Keyword("outcome", otherwise, ("suspicious", CheckOutcome.Suspicious), ("blocked", CheckOutcome.Blocked));
}
