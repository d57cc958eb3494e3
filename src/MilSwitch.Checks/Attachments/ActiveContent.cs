using System.Collections.Frozen;
using System.Text;

namespace MilSwitch.Checks.Attachments;

/// <summary>
/// Looks for what acts by itself when a document is opened, and for documents that are encrypted. It goes by marks in the octets:
/// what a PDF keeps in packed streams is not seen. Pure, in linear time.
/// </summary>
internal static class ActiveContent
{
    private static readonly FrozenSet<string> PdfActions =
        FrozenSet.ToFrozenSet(["JavaScript", "JS", "Launch", "EmbeddedFile", "RichMedia", "XFA", "ImportData", "SubmitForm"], StringComparer.Ordinal);

    private static readonly byte[][] CompoundMarks = [.. new[] { "_VBA_PROJECT", "Macros", "Ole10Native" }.Select(Encoding.Unicode.GetBytes)];
    private static readonly byte[] CompoundEncrypted = Encoding.Unicode.GetBytes("EncryptedPackage");

    /// <summary>It can't be looked into.</summary>
    public static bool IsEncrypted(FileKind kind, ReadOnlySpan<byte> file) => kind switch
    {
        FileKind.CompoundFile => file.IndexOf(CompoundEncrypted) >= 0,
        FileKind.Pdf => HasPdfName(file, static n => n is "Encrypt"),
        _ => false,
    };

    /// <summary>There are macros, scripts or embedded programs in it.</summary>
    public static bool IsIn(FileKind kind, ReadOnlySpan<byte> file) => kind switch
    {
        FileKind.CompoundFile => HasAny(file, CompoundMarks),
        FileKind.Pdf => HasPdfName(file, PdfActions.Contains),
        FileKind.Rtf => file.IndexOf("\\obj"u8) >= 0,
        FileKind.Html => HasScript(file),
        _ => false,
    };

    /// <summary>An entry of a document in a ZIP that holds macros or scripts.</summary>
    public static bool IsMacroEntry(string name) =>
        name.EndsWith("vbaProject.bin", StringComparison.OrdinalIgnoreCase) || name.EndsWith("vbaData.xml", StringComparison.OrdinalIgnoreCase)
        || name.Contains("/macrosheets/", StringComparison.OrdinalIgnoreCase) || name.Contains("/activeX/", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Basic/", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Scripts/", StringComparison.OrdinalIgnoreCase);

    private static bool HasAny(ReadOnlySpan<byte> file, byte[][] marks)
    {
        foreach (var mark in marks)
        {
            if (file.IndexOf(mark) >= 0) return true;
        }

        return false;
    }

    // ISO 32000-1 §7.3.5: a name may have #xx for any of its characters.
    private static bool HasPdfName(ReadOnlySpan<byte> file, Predicate<string> wanted)
    {
        const int Longest = 48;
        while (file.IndexOf((byte)'/') is var at and >= 0)
        {
            file = file[(at + 1)..];
            var length = file.IndexOfAny(" \t\r\n\f\0/<>[](){}%"u8);
            if (length < 0) length = file.Length;
            if (length is 0 or > Longest) continue;
            var name = Encoding.Latin1.GetString(file[..length]);
            if (wanted(name.Contains('#', StringComparison.Ordinal) ? Uri.UnescapeDataString(name.Replace('#', '%')) : name)) return true;
        }

        return false;
    }

    private static bool HasScript(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(Encoding.Unicode.Preamble)) file = Encoding.UTF8.GetBytes(Encoding.Unicode.GetString(file));
        else if (file.StartsWith(Encoding.BigEndianUnicode.Preamble)) file = Encoding.UTF8.GetBytes(Encoding.BigEndianUnicode.GetString(file));
        while (file.IndexOf((byte)'<') is var at and >= 0)
        {
            file = file[(at + 1)..];
            if (file.Length > 6 && Ascii.EqualsIgnoreCase(file[..6], "script"u8)) return true;
        }

        return false;
    }
}
