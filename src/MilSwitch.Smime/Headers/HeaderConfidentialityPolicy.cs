using System.Collections.Frozen;
using System.Globalization;

namespace MilSwitch.Smime.Headers;

/// <summary>
/// What of an encrypted message's header everybody may see (RFC 9788 §3): a table from field names to <see cref="OuterRule"/>;
/// what is not in it stays. Applied only where there is encryption. Immutable.
/// </summary>
public sealed class HeaderConfidentialityPolicy
{
    private static readonly string[] DateForms = ["ddd, d MMM yyyy H:mm:ss zzz", "ddd, d MMM yyyy H:mm zzz", "d MMM yyyy H:mm:ss zzz", "d MMM yyyy H:mm zzz"];

    private readonly FrozenDictionary<string, OuterRule> rules;

    private HeaderConfidentialityPolicy(string name, IEnumerable<KeyValuePair<string, OuterRule>> rules)
    {
        Name = name;
        this.rules = rules.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>RFC 9788 §3.2.3: nothing is hidden.</summary>
    public static HeaderConfidentialityPolicy None { get; } = new("none", []);

    /// <summary>RFC 9788 §3.2.1, its recommended default.</summary>
    public static HeaderConfidentialityPolicy Baseline { get; } = new("baseline", [new("Subject", OuterRule.Obscure), new("Comments", OuterRule.Remove), new("Keywords", OuterRule.Remove)]);

    /// <summary>RFC 9788 §3.2.2.</summary>
    public static HeaderConfidentialityPolicy Shy { get; } = Baseline.With("shy", [new("From", OuterRule.AddressesOnly), new("To", OuterRule.AddressesOnly), new("Cc", OuterRule.AddressesOnly), new("Date", OuterRule.UtcDate)]);

    /// <summary>
    /// For formal mail: as shy, and of the MMHS fields only what switches need to schedule and separate traffic. A label is
    /// hidden unless <see cref="With(string, OuterRule)"/> says that the link may see it, or names the link's own.
    /// </summary>
    public static HeaderConfidentialityPolicy Mmhs { get; } = Shy.With(
        "mmhs",
        [
            new("Sender", OuterRule.AddressesOnly),
            new("Reply-To", OuterRule.AddressesOnly),
            new("MMHS-Extended-Authorisation-Info", OuterRule.UtcDate),
            new("MMHS-Message-Type", OuterRule.NumberOnly),
            new("SIO-Label", OuterRule.Remove),
            new("SIO-Label-History", OuterRule.Remove),
            .. new[]
            {
                "MMHS-Subject-Indicator-Codes", "MMHS-Originator-Reference", "MMHS-Message-Instructions", "MMHS-Handling-Instructions", "MMHS-Exempted-Address", "MMHS-Codress-Message-Indicator",
                "MMHS-Other-Recipients-Indicator-To", "MMHS-Other-Recipients-Indicator-CC", "MMHS-Acp127-Message-Identifier", "MMHS-Originator-PLAD", "MMHS-Authorizing-Users",
            }.Select(f => new KeyValuePair<string, OuterRule>(f, OuterRule.Remove)),
        ]);

    public static IReadOnlyList<HeaderConfidentialityPolicy> All { get; } = [None, Baseline, Shy, Mmhs];

    public string Name { get; }

    /// <summary>The same with another rule for one field.</summary>
    public HeaderConfidentialityPolicy With(string field, OuterRule rule) => With(Name, [new(field, rule)]);

    /// <summary>The value that may stand outside: the same, another, or null for none.</summary>
    /// <exception cref="FormatException">From or Date can neither be shown as it is, because it can't be read, nor be left out.</exception>
    public string? Apply(string field, string value)
    {
        if (!rules.TryGetValue(field, out var rule)) return value;
        switch (rule.Kind)
        {
            case OuterRuleKind.Keep:
                return value;
            case OuterRuleKind.Remove:
                return null;
            case OuterRuleKind.Replace:
                return rule.Value;
            case OuterRuleKind.AddressesOnly when MailboxList.TryRead(value, out var mailboxes):
                return string.Join(", ", mailboxes.Select(m => m.Text)) is { Length: > 0 } addresses ? addresses : null;
            case OuterRuleKind.UtcDate when TryDate(value, out var date):
                return date.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000";
            case OuterRuleKind.NumberOnly:
                var digits = value.TakeWhile(char.IsAsciiDigit).Count();
                return digits is 0 ? null : value[..digits];
        }

        // RFC 9788 §3.2.2 would show what can't be read. What hides can't depend on that.
        return field.Equals("From", StringComparison.OrdinalIgnoreCase) || field.Equals("Date", StringComparison.OrdinalIgnoreCase)
            ? throw new FormatException($"{field} can't be read")
            : null;
    }

    internal static bool TryDate(string value, out DateTimeOffset date)
    {
        var comment = value.IndexOf('(', StringComparison.Ordinal);
        return DateTimeOffset.TryParseExact(
            (comment < 0 ? value : value[..comment]).Trim(), DateForms, CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite, out date);
    }

    private HeaderConfidentialityPolicy With(string name, IEnumerable<KeyValuePair<string, OuterRule>> more)
    {
        var all = rules.ToDictionary(StringComparer.OrdinalIgnoreCase);
        foreach (var (field, rule) in more) all[field] = rule;
        return new HeaderConfidentialityPolicy(name, all);
    }
}
