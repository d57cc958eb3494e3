using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Mime;

/// <summary>One mailbox of a field that lists addresses (RFC 5322 §3.4). Immutable.</summary>
/// <param name="Mailbox">The address.</param>
/// <param name="Name">What is shown for it, encoded words undone (RFC 2047), white space inside made one space; null: none.</param>
public sealed record MmhsAddress(Mailbox Mailbox, string? Name = null)
{
    // Not empty, no control characters, single spaces and none at the ends: what a header keeps as it is.
    internal static string? Normalised(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            var shown = c is '\t' or '\r' or '\n' ? ' ' : char.IsControl(c) ? '?' : c;
            if (shown is not ' ' || (text.Length > 0 && text[^1] is not ' ')) text.Append(shown);
        }

        if (text.Length > 0 && text[^1] is ' ') text.Length--;
        return text.Length is 0 ? null : text.ToString();
    }
}
