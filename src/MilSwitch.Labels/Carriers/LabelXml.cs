using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// What all XML carriers have in common: UTF-8 only, no document type, no processing instruction, bounded size, depth and number of
/// elements. A simple value is one run of text: a comment in its midst makes readers differ.
/// </summary>
internal static class LabelXml
{
    public const string OidUrn = "urn:oid:";

    private const int Depth = 24;
    private const int Elements = 16_384;
    private const string Instance = "http://www.w3.org/2001/XMLSchema-instance";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="LabelRefusedException">It is no such document.</exception>
    public static XElement Load(ReadOnlyMemory<byte> document)
    {
        if (document.Length > LabelBounds.EncodedOctets) throw new LabelRefusedException(LabelFault.TooLarge, "an XML label is larger than is allowed", LabelBounds.EncodedOctets);
        var octets = document.Span.StartsWith("\uFEFF"u8) ? document[3..] : document;
        string text;
        try
        {
            text = Strict.GetString(octets.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw new LabelRefusedException(LabelFault.Malformed, "an XML label is not in UTF-8", e.Index, e);
        }

        try
        {
            Survey(text);
            using var reader = Open(text);
            var root = XElement.Load(reader, LoadOptions.PreserveWhitespace | LoadOptions.SetLineInfo);
            root.AddAnnotation(new Source(text));
            return root;
        }
        catch (XmlException e)
        {
            var position = Offset(text, e.LineNumber, e.LinePosition);
            // The reader has one exception for all; what it stopped at tells a document type from bad form.
            throw text.Contains("<!DOCTYPE", StringComparison.Ordinal) || text.Contains("<!ENTITY", StringComparison.Ordinal)
                ? new LabelRefusedException(LabelFault.Forbidden, "an XML label has a document type", position, e)
                : new LabelRefusedException(LabelFault.Malformed, "an XML label is not well formed", position, e);
        }
    }

    /// <summary>A refusal with the position of what was refused.</summary>
    public static LabelRefusedException Refusal(LabelFault fault, string message, XObject at)
    {
        var root = at as XElement ?? at.Parent;
        while (root?.Parent is { } parent) root = parent;
        var position = root?.Annotation<Source>() is { } source && at is IXmlLineInfo info && info.HasLineInfo() ? Offset(source.Text, info.LineNumber, info.LinePosition) : -1;
        return new LabelRefusedException(fault, message, position);
    }

    /// <summary>The text of an element that has nothing but text.</summary>
    public static string Text(XElement element)
    {
        XNode? only = null;
        foreach (var node in element.Nodes())
        {
            if (only is not null || node is not XText) throw Refusal(LabelFault.Malformed, $"{element.Name.LocalName} has more than one run of text", node);
            only = node;
        }

        return only is XText text ? text.Value : "";
    }

    /// <summary>Text as of <c>xs:token</c>: without space around, one space between.</summary>
    public static string Token(XElement element) => Collapse(Text(element));

    /// <summary>Child elements; text between them is refused.</summary>
    public static IEnumerable<XElement> Children(XElement element)
    {
        foreach (var node in element.Nodes())
        {
            if (node is XElement child) yield return child;
            else if (node is XText text && !string.IsNullOrWhiteSpace(text.Value)) throw Refusal(LabelFault.Malformed, $"{element.Name.LocalName} has text between its elements", node);
        }
    }

    /// <summary>Attributes that are not namespaces or hints where a schema is.</summary>
    public static IEnumerable<XAttribute> Attributes(XElement element)
    {
        foreach (var attribute in element.Attributes())
        {
            if (attribute.IsNamespaceDeclaration || attribute.Name.NamespaceName == Instance) continue;
            if (attribute.Name == XNamespace.Xml + "base") throw Refusal(LabelFault.Forbidden, "a base address would change what references mean", attribute);
            if (attribute.Name.Namespace == XNamespace.Xml) continue;
            yield return attribute;
        }
    }

    /// <summary>Refuses every attribute but these, which have no namespace.</summary>
    public static void Allow(XElement element, params ReadOnlySpan<string> names)
    {
        foreach (var attribute in Attributes(element))
        {
            if (attribute.Name.Namespace != XNamespace.None || !names.Contains(attribute.Name.LocalName)) throw Refusal(LabelFault.Malformed, $"{element.Name.LocalName} has an attribute that is not known", attribute);
        }
    }

    public static string Collapse(string text) => string.Join(' ', text.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The object identifier of <c>urn:oid:1.2.3</c>; null: it is not one.</summary>
    public static string? Oid(string uri) => uri.StartsWith(OidUrn, StringComparison.OrdinalIgnoreCase) && IsOid(uri.AsSpan(OidUrn.Length)) ? uri[OidUrn.Length..] : null;

    public static bool IsOid(ReadOnlySpan<char> text)
    {
        if (text.Length is < 3 or > 256 || !text.Contains('.')) return false;
        foreach (var range in text.Split('.'))
        {
            var arc = text[range];
            if (arc.IsEmpty || arc.ContainsAnyExceptInRange('0', '9') || (arc.Length > 1 && arc[0] == '0')) return false;
        }

        return true;
    }

    /// <summary>UTF-8 without a declaration and without indentation, which would become part of values.</summary>
    public static byte[] Write(XElement root)
    {
        using var stream = new MemoryStream();
        using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = Strict, OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.Entitize }))
        {
            try
            {
                root.WriteTo(writer);
            }
            catch (Exception e) when (e is ArgumentException or XmlException or InvalidOperationException)
            {
                throw new LabelRefusedException(LabelFault.Malformed, "a value has a character that XML can't carry", -1, e);
            }
        }

        return stream.ToArray();
    }

    private static void Survey(string text)
    {
        using var reader = Open(text);
        var elements = 0;
        while (reader.Read())
        {
            var info = (IXmlLineInfo)reader;
            if (reader.Depth > Depth) throw new LabelRefusedException(LabelFault.TooDeep, "an XML label is nested deeper than is allowed", Offset(text, info.LineNumber, info.LinePosition));
            switch (reader.NodeType)
            {
                case XmlNodeType.Element when ++elements > Elements:
                    throw new LabelRefusedException(LabelFault.TooLarge, "an XML label has more elements than are allowed", Offset(text, info.LineNumber, info.LinePosition));
                case XmlNodeType.ProcessingInstruction:
                    throw new LabelRefusedException(LabelFault.Forbidden, "an XML label has a processing instruction", Offset(text, info.LineNumber, info.LinePosition));
                case XmlNodeType.XmlDeclaration when reader.GetAttribute("encoding") is { } encoding && !IsUtf8(encoding):
                    throw new LabelRefusedException(LabelFault.Malformed, "an XML label says that it is not in UTF-8", Offset(text, info.LineNumber, info.LinePosition));
                default:
                    break;
            }
        }
    }

    private static bool IsUtf8(string encoding) => encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || encoding.Equals("us-ascii", StringComparison.OrdinalIgnoreCase);

    private static XmlReader Open(string text) => XmlReader.Create(new StringReader(text), new XmlReaderSettings
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = LabelBounds.EncodedOctets,
        MaxCharactersFromEntities = 1,
        CloseInput = true,
    });

    private static long Offset(string text, int line, int column)
    {
        var offset = 0;
        for (var i = 1; i < line; i++)
        {
            var next = text.IndexOf('\n', offset);
            if (next < 0) break;
            offset = next + 1;
        }

        return Math.Min(offset + Math.Max(column - 1, 0), text.Length);
    }

    /// <summary>What a tree was read from, kept beside it to say where something stands.</summary>
    private sealed record Source(string Text);
}
