using System.Globalization;
using System.Xml;
using System.Xml.Schema;
using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Schemas;

/// <summary>
/// Holds every XML file of a message against schemas, such as those of XML-MTF: what is of no known schema, or does not follow its own,
/// does not pass. A finding names part, line and column, never what stands there. Thread-safe.
/// </summary>
/// <param name="schemas">Compiled; not changed any more.</param>
/// <param name="rules">What is judged.</param>
/// <param name="name">As the configuration and the trail name it.</param>
public sealed class SchemaCheck(XmlSchemaSet schemas, SchemaRules rules, string name = "schema") : IContentCheck
{
    public string Name { get; } = name;

    public ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken)
    {
        var findings = new FindingList(Name);
        var parts = MessageParts.Read(subject.Content, rules.Reading);
        foreach (var finding in parts.Findings()) findings.Add(CheckOutcome.Suspicious, finding);
        var any = false;
        foreach (var part in parts.Leaves)
        {
            var octets = part.Decode();
            if (!IsXml(part, octets.Span)) continue;
            any = true;
            if (octets.Length > rules.LargestFile) findings.Add(CheckOutcome.Suspicious, $"part {part.Number}: XML that is too large to be judged");
            else if (Fault(octets, cancellationToken) is { } fault) findings.Add(rules.Outcome, $"part {part.Number}: {fault}");
        }

        if (rules.IsRequired && !any) findings.Add(rules.Outcome, "there is no XML in it");
        return ValueTask.FromResult(findings.ToVerdict());
    }

    // By what it is called and by what it is: whoever hides it from the check would not hide it from its reader.
    private static bool IsXml(MailPart part, ReadOnlySpan<byte> octets)
    {
        if (part.MediaType is "application/xml" or "text/xml" || part.MediaType.EndsWith("+xml", StringComparison.Ordinal)) return true;
        if (part.FileNames.Any(n => n.EndsWith(".xml", StringComparison.OrdinalIgnoreCase))) return true;
        return octets.StartsWith("<?xml"u8) || octets.StartsWith("\uFEFF<?xml"u8) || octets.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0x3C, 0x00, 0x3F, 0x00]) || octets.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF, 0x00, 0x3C, 0x00, 0x3F]);
    }

    private string? Fault(ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        string? found = null;
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersFromEntities = 1024, MaxCharactersInDocument = file.Length + 1L, CheckCharacters = true, CloseInput = true,
            ValidationType = ValidationType.Schema, Schemas = schemas,
            // What the file names as its schema is not looked at; what is declared nowhere is a warning.
            ValidationFlags = XmlSchemaValidationFlags.ReportValidationWarnings | XmlSchemaValidationFlags.ProcessIdentityConstraints | XmlSchemaValidationFlags.AllowXmlAttributes,
        };
        settings.ValidationEventHandler += (_, e) => found ??= e.Severity is XmlSeverityType.Warning
            ? At("an element or attribute that no schema knows", e.Exception?.LineNumber, e.Exception?.LinePosition)
            : At("it does not follow its schema", e.Exception?.LineNumber, e.Exception?.LinePosition);
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(file.ToArray(), writable: false), settings);
            while (found is null && reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (reader.Depth > rules.Depth) return "XML too deep inside itself";
            }

            return found;
        }
        catch (XmlException)
        {
            return "XML that is not well formed or has a document type";
        }
    }

    private static string At(string fault, int? line, int? column) => string.Create(CultureInfo.InvariantCulture, $"{fault} (line {line ?? 0}, column {column ?? 0})");
}
