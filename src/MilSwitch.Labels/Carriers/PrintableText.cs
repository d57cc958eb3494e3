using System.Buffers;

namespace MilSwitch.Labels.Carriers;

/// <summary>PrintableString (X.680 §41.4).</summary>
internal static class PrintableText
{
    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?");

    /// <summary>A privacy mark can be written in it.</summary>
    public static bool Fits(string mark) => mark.Length <= LabelBounds.PrivacyMarkPrintable && !mark.AsSpan().ContainsAnyExcept(Characters);
}
