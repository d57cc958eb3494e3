using System.Xml;

namespace MilSwitch.Checks.Attachments;

/// <summary>Reads XML to its end as harmlessly as it can be read (threat X1): no document type, no entities of its own, nothing fetched. Pure.</summary>
internal static class XmlProbe
{
    private const int Deepest = 200;

    /// <summary>What is wrong with it; null: nothing.</summary>
    /// <param name="file">All of it.</param>
    /// <param name="isRelationships">Of a document: it must not draw in anything but hyperlinks from outside (ECMA-376 part 2 §9.3).</param>
    /// <param name="cancellationToken">Ends it between nodes.</param>
    public static string? Fault(ReadOnlyMemory<byte> file, bool isRelationships, CancellationToken cancellationToken)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersFromEntities = 1024, MaxCharactersInDocument = file.Length + 1L,
            CheckCharacters = true, IgnoreComments = true, IgnoreWhitespace = true, CloseInput = true,
        };
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(file.ToArray(), writable: false), settings);
            while (reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (reader.Depth > Deepest) return "XML too deep inside itself";
                if (isRelationships && reader is { NodeType: XmlNodeType.Element, LocalName: "Relationship" } && DrawsIn(reader)) return "the document draws in something from outside";
            }

            return null;
        }
        catch (XmlException)
        {
            return "XML that is not well formed or has a document type";
        }
    }

    private static bool DrawsIn(XmlReader relationship) =>
        relationship.GetAttribute("TargetMode") is "External" && relationship.GetAttribute("Type")?.EndsWith("/hyperlink", StringComparison.Ordinal) is not true;
}
