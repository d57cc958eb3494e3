using System.Collections.Immutable;
using MailKit;
using MailKit.Net.Smtp;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Sendmail;

/// <summary>
/// What a program says that calls <c>sendmail</c>: single letters, joined or apart, values beside the letter or after it
/// (POSIX.1 §12.2), and <c>-o</c> with whatever follows, which here says nothing.
/// </summary>
internal sealed record SendmailOptions
{
    // Of other mail systems; callers give them out of habit. Which of them have values must be right, or a recipient were taken for one.
    private const string WithoutMeaning = "cGmnUvx";
    private const string ValueWithoutMeaning = "ABehLOpX";
    private const string ValueWithMeaning = "bfFNorRVC";

    public bool Help { get; private init; }

    /// <summary>Recipients are also those of To, Cc and Bcc.</summary>
    public bool FromHeader { get; private init; }

    /// <summary>A line with one dot is text.</summary>
    public bool IgnoreDots { get; private init; }

    /// <summary>Null: the caller's own address; empty: nobody hears of it (RFC 5321 §4.5.5).</summary>
    public string? Sender { get; private init; }

    public string? FullName { get; private init; }

    public DeliveryStatusNotification? Notify { get; private init; }

    public DeliveryStatusNotificationType? Return { get; private init; }

    public string? EnvelopeId { get; private init; }

    public string? Settings { get; private init; }

    public Precedence? Precedence { get; private init; }

    public ImmutableArray<string> Recipients { get; private init; } = [];

    /// <exception cref="SendmailFault">A letter that means nothing here, or a value that is none.</exception>
    public static SendmailOptions Parse(IReadOnlyList<string> arguments)
    {
        // Nothing of a command line ends a line of the header or of the dialogue.
        if (arguments.Any(a => a.Any(char.IsControl))) throw new SendmailFault(SendmailFault.Usage, "an argument has a control character");
        var read = new SendmailOptions();
        var recipients = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var word = arguments[i];
            if (word is "--")
            {
                recipients.AddRange(arguments.Skip(i + 1));
                break;
            }

            switch (word)
            {
                case "--help":
                    return read with { Help = true };
                case "--precedence":
                    read = read with { Precedence = Level(i + 1 < arguments.Count ? arguments[++i] : "") };
                    continue;
                case ['-', '-', ..]:
                    throw new SendmailFault(SendmailFault.Usage, $"{word} is no option; --help tells more");
                case ['-', _, ..]:
                    break;
                default:
                    recipients.Add(word);
                    continue;
            }

            for (var at = 1; at < word.Length; at++)
            {
                var letter = word[at];
                var rest = word[(at + 1)..];
                if (letter is 't') read = read with { FromHeader = true };
                else if (letter is 'i') read = read with { IgnoreDots = true };
                else if (WithoutMeaning.Contains(letter, StringComparison.Ordinal)) continue;
                else if (ValueWithMeaning.Contains(letter, StringComparison.Ordinal) || ValueWithoutMeaning.Contains(letter, StringComparison.Ordinal))
                {
                    if (rest.Length is 0) rest = i + 1 < arguments.Count ? arguments[++i] : throw new SendmailFault(SendmailFault.Usage, $"-{letter} needs a value");
                    read = Take(read, letter, rest);
                    break;
                }
                else throw new SendmailFault(SendmailFault.Usage, $"-{letter} is no option; --help tells more");
            }
        }

        return read with { Recipients = recipients.ToImmutable() };
    }

    private static SendmailOptions Take(SendmailOptions read, char letter, string value) => letter switch
    {
        'f' or 'r' => read with { Sender = value is "<>" ? "" : value },
        'F' => read with { FullName = value },
        // -oi is -i; -oem, -odb and their like say how another system works.
        'o' => value is "i" ? read with { IgnoreDots = true } : read,
        'b' => value is "m"
            ? read
            : throw new SendmailFault(SendmailFault.Usage, $"-b{value} is not offered: this only hands in mail{(value is "p" ? "; milswitch queue list shows the queue" : "")}"),
        'N' => read with { Notify = Notifications(value) },
        'R' => read with
        {
            Return = value.ToUpperInvariant() switch
            {
                "HDRS" => DeliveryStatusNotificationType.HeadersOnly,
                "FULL" => DeliveryStatusNotificationType.Full,
                _ => throw new SendmailFault(SendmailFault.Usage, $"-R wants hdrs or full, not '{value}'"),
            },
        },
        // RFC 3461 §4.4, before it is written as xtext.
        'V' => value.Length <= 100 && value.All(c => c is >= ' ' and <= '~')
            ? read with { EnvelopeId = value }
            : throw new SendmailFault(SendmailFault.Usage, "-V wants at most 100 printable characters"),
        'C' => read with { Settings = value },
        _ => read,
    };

    private static DeliveryStatusNotification Notifications(string value)
    {
        var all = DeliveryStatusNotification.Never;
        foreach (var word in value.Split(','))
        {
            all |= word.Trim().ToUpperInvariant() switch
            {
                "NEVER" when value.Trim().Length is 5 => DeliveryStatusNotification.Never,
                "SUCCESS" => DeliveryStatusNotification.Success,
                "FAILURE" => DeliveryStatusNotification.Failure,
                "DELAY" => DeliveryStatusNotification.Delay,
                _ => throw new SendmailFault(SendmailFault.Usage, $"-N wants never, or some of success, failure and delay with commas between them, not '{value}'"),
            };
        }

        return all;
    }

    private static Precedence Level(string word) => PrecedenceExtensions.TryParseKeyword(word, out var level)
        ? level
        : throw new SendmailFault(SendmailFault.Usage, $"--precedence wants deferred, routine, priority, immediate, flash or override, not '{word}'");
}
