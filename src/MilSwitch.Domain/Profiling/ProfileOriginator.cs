using System.Diagnostics.CodeAnalysis;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Profiling;

/// <summary>Originators that a rule selects: one mailbox, or all of a domain. Immutable.</summary>
public sealed record ProfileOriginator
{
    private ProfileOriginator(Mailbox? mailbox, string domain)
    {
        Mailbox = mailbox;
        Domain = domain;
    }

    /// <summary>Null: everybody of the domain.</summary>
    public Mailbox? Mailbox { get; }

    /// <summary>In its canonical form.</summary>
    public string Domain { get; }

    public override string ToString() => Mailbox?.Text ?? "@" + Domain;

    /// <summary>Reads <c>local@domain</c> or <c>@domain</c>. Never throws.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ProfileOriginator? originator)
    {
        var whole = text.StartsWith('@');
        originator = Mailbox.TryParse(whole ? "x" + text : text, allowUtf8: true, out var mailbox, out _) && mailbox.Domain.Length > 0
            ? new ProfileOriginator(whole ? null : mailbox, mailbox.Domain)
            : null;
        return originator is not null;
    }
}
