using System.Runtime.InteropServices;
using System.Text;
using System.Xml;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// Reads a policy from XML (Open XML SPIF 1.0, 2.0 and 2.1, namespace <c>http://www.xmlspif.org/spif</c>). What is not known, has two
/// meanings or contradicts itself is refused, all of it at once. A signature is passed over: whoever needs one verifies it
/// before. Thread-safe.
/// </summary>
public static class SpifReader
{
    public const string Namespace = "http://www.xmlspif.org/spif";

    internal const string SignatureNamespace = "http://www.w3.org/2000/09/xmldsig#";

    // CR, LF and blanks around the text of an element mean nothing.
    private static readonly char[] Blanks = [' ', '\t', '\r', '\n'];

    /// <exception cref="PolicyRefusedException">It is none, or has no single meaning.</exception>
    public static SecurityPolicy Read(ReadOnlyMemory<byte> document)
    {
        if (document.Length > SpifBounds.Octets) throw PolicyProblems.Only(SpifPlace.Unknown, $"A policy has at most {SpifBounds.Octets} octets");
        var problems = new PolicyProblems();
        var root = ReadTree(document, problems);
        return PolicyBuilder.Build(root, document.Span, problems);
    }

    private static SpifElement ReadTree(ReadOnlyMemory<byte> document, PolicyProblems problems)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = SpifBounds.Octets,
            IgnoreComments = true,
            CloseInput = true,
        };
        try
        {
            using var reader = XmlReader.Create(AsStream(document), settings);
            return ReadTree(reader, problems);
        }
        catch (XmlException e) when (e.Message.Contains("DTD", StringComparison.Ordinal))
        {
            throw PolicyProblems.Only(DocumentType(document.Span), "A document type, and with it entities, is not allowed", e);
        }
        catch (XmlException e)
        {
            throw PolicyProblems.Only(new SpifPlace(e.LineNumber, e.LinePosition), "This is not well-formed XML", e);
        }
        catch (Exception e) when (e is ArgumentException or DecoderFallbackException or NotSupportedException)
        {
            throw PolicyProblems.Only(SpifPlace.Unknown, "The document's encoding can't be read", e);
        }
    }

    // The platform's reader refuses it without saying where.
    private static SpifPlace DocumentType(ReadOnlySpan<byte> document)
    {
        var at = document.IndexOf("<!DOCTYPE"u8);
        if (at < 0) return SpifPlace.Unknown;
        var before = document[..at];
        return new SpifPlace(before.Count((byte)'\n') + 1, at - before.LastIndexOf((byte)'\n'));
    }

    private static SpifElement ReadTree(XmlReader reader, PolicyProblems problems)
    {
        SpifElement? root = null;
        var open = new Stack<SpifElement>();
        var text = new Dictionary<SpifElement, StringBuilder>(ReferenceEqualityComparer.Instance);
        var count = 0;
        while (reader.Read())
        {
            if (reader.Depth > SpifBounds.Depth) throw PolicyProblems.Only(Place(reader), $"Elements are nested deeper than {SpifBounds.Depth}");
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    if (++count > SpifBounds.Elements) throw PolicyProblems.Only(Place(reader), $"There are more than {SpifBounds.Elements} elements");
                    if (root is null && (reader.LocalName is not "SPIF" || reader.NamespaceURI is not Namespace)) throw PolicyProblems.Only(Place(reader), $"The document's element is not SPIF of the namespace {Namespace}");
                    if (open.Count > 0 && IsOpaque(reader, open))
                    {
                        PassOver(reader, ref count);
                        break;
                    }

                    var element = ReadElement(reader, problems);
                    if (open.TryPeek(out var parent)) parent.Children.Add(element);
                    else root = element;
                    if (!reader.IsEmptyElement) open.Push(element);
                    break;
                case XmlNodeType.EndElement:
                    var closed = open.Pop();
                    if (text.Remove(closed, out var collected)) closed.Text = collected.ToString().Trim(Blanks);
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    if (!text.TryGetValue(open.Peek(), out var builder)) text[open.Peek()] = builder = new StringBuilder();
                    builder.Append(reader.Value);
                    break;
                case XmlNodeType.ProcessingInstruction:
                    problems.Add(Place(reader), "A processing instruction is not allowed");
                    break;
                case XmlNodeType.EntityReference:
                    throw PolicyProblems.Only(Place(reader), "An entity is not allowed");
                default:
                    break;
            }
        }

        return root!;
    }

    // Extensions belong to others; a signature covers the policy and is no part of it.
    private static bool IsOpaque(XmlReader reader, Stack<SpifElement> open) => open.Count is 1
        && ((reader.LocalName is "extensions" && reader.NamespaceURI is Namespace) || (reader.LocalName is "Signature" && reader.NamespaceURI is SignatureNamespace));

    private static void PassOver(XmlReader reader, ref int count)
    {
        if (reader.IsEmptyElement) return;
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType is not XmlNodeType.Element) continue;
            if (reader.Depth > SpifBounds.Depth) throw PolicyProblems.Only(Place(reader), $"Elements are nested deeper than {SpifBounds.Depth}");
            if (++count > SpifBounds.Elements) throw PolicyProblems.Only(Place(reader), $"There are more than {SpifBounds.Elements} elements");
        }
    }

    private static SpifElement ReadElement(XmlReader reader, PolicyProblems problems)
    {
        var place = Place(reader);
        var isKnown = reader.NamespaceURI is Namespace;
        if (!isKnown) problems.Add(place, $"Element {Shown(reader.LocalName)} is not of the namespace {Namespace}");
        var element = new SpifElement(isKnown ? reader.LocalName : "", place) { Language = reader.XmlLang is { Length: > 0 } language ? language : null };
        if (reader.AttributeCount > SpifBounds.Attributes) throw PolicyProblems.Only(place, $"An element has more than {SpifBounds.Attributes} attributes");
        while (reader.MoveToNextAttribute())
        {
            // Those with a prefix are others' (xsi:schemaLocation is never followed), those without are the schema's.
            if (reader.NamespaceURI.Length is 0) element.Add(reader.LocalName, reader.Value, Place(reader));
        }

        reader.MoveToElement();
        return element;
    }

    /// <summary>A name out of the document that may stand in a message: it is short and harmless, or is left out.</summary>
    internal static string Shown(string name) => name.Length <= 64 && name.All(char.IsAsciiLetterOrDigit) ? name : "of another name";

    private static SpifPlace Place(XmlReader reader) => reader is IXmlLineInfo line && line.HasLineInfo() ? new SpifPlace(line.LineNumber, line.LinePosition) : SpifPlace.Unknown;

    private static MemoryStream AsStream(ReadOnlyMemory<byte> document) => MemoryMarshal.TryGetArray(document, out var segment)
        ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
        : new MemoryStream(document.ToArray(), writable: false);
}
