using System.Collections.Frozen;
using System.Text;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Headers;

namespace MilSwitch.Smime.Boundaries;

/// <summary>How bad it is that an outer field is not what its protected copy says. Pure.</summary>
internal static class HeaderDifferences
{
    private static readonly FrozenSet<string> Addresses =
        new[] { "From", "Sender", "To", "Cc", "Bcc", "Reply-To" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Null: it is the same, or nothing protects it and nobody may say so.</summary>
    public static DifferenceWeight? Weigh(ProtectedField field)
    {
        if (field.Protected is null) return field.Mismatch is HeaderMismatch.None ? null : Weight(field);
        if (field.Outer == field.Protected) return field.Mismatch is HeaderMismatch.None ? null : Weight(field);
        // What the composer put outside, as HP-Outer or the scheme says.
        if (field.Mismatch is HeaderMismatch.None || field.Outer is null) return field.Mismatch is HeaderMismatch.None ? DifferenceWeight.Benign : Weight(field);
        if (Addresses.Contains(field.Name) ? Unfolded(field.Outer) == Unfolded(field.Protected) : HeaderText.SameValue(field.Outer, field.Protected)) return DifferenceWeight.Benign;
        return Addresses.Contains(field.Name) && SameAddresses(field.Outer, field.Protected) ? DifferenceWeight.Suspicious : Weight(field);
    }

    private static DifferenceWeight Weight(ProtectedField field) => field.Mismatch switch
    {
        // Where answers go is read by people, and decides nothing here.
        HeaderMismatch.Blocking when field.Name.Equals("Reply-To", StringComparison.OrdinalIgnoreCase) => DifferenceWeight.Suspicious,
        HeaderMismatch.Blocking => DifferenceWeight.Blocking,
        HeaderMismatch.Suspicious => DifferenceWeight.Suspicious,
        _ => DifferenceWeight.Benign,
    };

    // Folding may put white space beside the signs of a list; inside of quotes it is part of a name (RFC 5322 §3.2.4).
    private static string Unfolded(string value)
    {
        const string Signs = ",;:<>()@.";
        var text = new StringBuilder(value.Length);
        var isQuoted = false;
        var isSpace = false;
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (!isQuoted && (c is ' ' or '\t'))
            {
                isSpace = true;
                continue;
            }

            if (isSpace && text.Length > 0 && !Signs.Contains(c, StringComparison.Ordinal) && !Signs.Contains(text[^1], StringComparison.Ordinal)) text.Append(' ');
            isSpace = false;
            text.Append(c);
            if (c is '\\' && i + 1 < value.Length) text.Append(value[++i]);
            else if (c is '"') isQuoted = !isQuoted;
        }

        return text.ToString();
    }

    private static bool SameAddresses(string one, string other) =>
        MailboxList.TryRead(one, out var a) && MailboxList.TryRead(other, out var b) && a.Length == b.Length && a.Zip(b).All(p => MailboxList.Match(p.First, p.Second));
}
