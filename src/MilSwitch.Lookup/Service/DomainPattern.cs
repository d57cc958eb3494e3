using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Service;

/// <summary>
/// A mail domain as name constraints write it (RFC 5280 §4.2.1.10): <c>north.example</c> is that host alone,
/// <c>.north.example</c> all hosts below it and not itself. Immutable.
/// </summary>
public readonly record struct DomainPattern
{
    private DomainPattern(string text) => Text = text;

    /// <summary>Lower case, A-labels.</summary>
    public string Text { get; }

    /// <exception cref="FormatException">It is no domain name.</exception>
    public static DomainPattern Parse(string text)
    {
        var isBelow = text.StartsWith('.');
        if (!Mailbox.TryReadDomain(isBelow ? text[1..] : text, out var domain) || domain.StartsWith('[')) throw new FormatException($"'{text}' is not a mail domain");
        return new DomainPattern(isBelow ? "." + domain : domain);
    }

    /// <param name="domain">In the form of <see cref="Mailbox.Domain"/>.</param>
    public bool Covers(string domain) => Text[0] == '.' ? domain.EndsWith(Text, StringComparison.Ordinal) : domain == Text;

    /// <summary>Whatever that pattern covers this one does, too.</summary>
    public bool Covers(DomainPattern other) => this == other || (Text[0] == '.' && other.Text.EndsWith(Text, StringComparison.Ordinal));

    public override string ToString() => Text;
}
