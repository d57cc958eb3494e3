using System.CommandLine;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Military;
using MilSwitch.Host.Api;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Commands;

/// <summary>What <c>submit</c> makes a message of.</summary>
internal sealed class SubmitOptions
{
    private const int MostAttached = 20 << 20;

    private readonly Option<string?> from = new("--from") { Description = "Its author; the message is made of the options, and FILE is its text", HelpName = "ADDRESS" };
    private readonly Option<string[]> to = Many("--to", "An action addressee; may be repeated", "ADDRESS");
    private readonly Option<string[]> cc = Many("--cc", "An information addressee; may be repeated", "ADDRESS");
    private readonly Option<string[]> bcc = Many("--bcc", "An addressee of whom the others are not told; may be repeated", "ADDRESS");
    private readonly Option<string?> subject = new("--subject") { Description = "Its subject", HelpName = "TEXT" };
    private readonly Option<string[]> attach = Many("--attach", "A file that goes with it; may be repeated", "FILE");
    private readonly Option<string?> precedence = new("--precedence") { Description = "For action addressees: a level, or a number up to 31", HelpName = "LEVEL" };
    private readonly Option<string?> copyPrecedence = new("--copy-precedence") { Description = "For information addressees", HelpName = "LEVEL" };
    private readonly Option<string?> codes = new("--sic") { Description = "Subject indicator codes, separated by semicolons", HelpName = "CODES" };
    private readonly Option<string?> type = new("--type") { Description = "Message type: exercise, operation, project, drill or a number, and '; identifier=\"NAME\"'", HelpName = "TYPE" };
    private readonly Option<string?> instructions = new("--instructions") { Description = "Message instructions, separated by semicolons", HelpName = "TEXTS" };
    private readonly Option<string?> handling = new("--handling") { Description = "Handling instructions, separated by semicolons", HelpName = "TEXTS" };
    private readonly Option<string?> released = new("--dtg") { Description = "When it was released: ISO 8601, such as 2030-01-02T03:04Z", HelpName = "TIME" };
    private readonly Option<string[]> fields = Many("--field", "Any other field of RFC 6477, by its name with or without MMHS-; lists are separated by semicolons; may be repeated", "NAME=VALUE");
    private readonly Option<string?> label = new("--label") { Description = "Its security label: any text that 'label decode' knows, judged by the node's policies", HelpName = "LABEL" };
    private readonly Option<string?> expires = new("--expires") { Description = "When it stops to count: ISO 8601", HelpName = "TIME" };
    private readonly Option<string?> supersedes = new("--supersedes") { Description = "Message-ID of the message that it replaces", HelpName = "MESSAGE-ID" };
    private readonly Option<bool> receipt = new("--receipt") { Description = "Ask readers to say that they have read it" };
    private readonly Option<string?> notify = new("--notify") { Description = "Reports: never, or some of success, failure, delay, separated by commas", HelpName = "WORDS" };
    private readonly Option<string?> returned = new("--return") { Description = "How much a report returns: full or headers", HelpName = "WORD" };
    private readonly Option<string?> envelopeId = new("--envelope-id") { Description = "By which reports name it", HelpName = "TEXT" };

    private readonly Option<string?> deliverBy = new("--deliver-by") { Description = "By when it has to be there: ISO 8601, or from now on, such as 90m", HelpName = "TIME" };
    private readonly Option<string> deliverByMode = new("--deliver-by-mode") { Description = "What happens then: return or notify", HelpName = "WORD", DefaultValueFactory = _ => "return" };
    private readonly Option<bool> deliverByTrace = new("--deliver-by-trace") { Description = "Ask each hop to report when it passes it on" };
    private readonly Option<string[]> receiptsFrom = Many("--receipts-from", "Who is asked for a signed receipt: all, first-tier, or an address; an address may be repeated", "WHOM");
    private readonly Option<string[]> receiptsTo = Many("--receipts-to", "Where signed receipts go; may be repeated; the author when absent", "ADDRESS");

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Options.Add(option);
    }

    /// <summary>The message is made of options; without, the file is all of it.</summary>
    public bool AreGiven(ParseResult arguments)
    {
        if (arguments.GetValue(from) is not null) return true;
        if (All.FirstOrDefault(o => arguments.GetResult(o) is { Implicit: false }) is { } other) throw new CommandFault(ExitCodes.WrongUse, $"{other.Name} needs --from: without it FILE is the whole message");
        return false;
    }

    public SubmissionRequest Read(ParseResult arguments, CommandEnvironment environment, string? file)
    {
        var text = file is null ? null : Encoding.UTF8.GetString(MessageFile.Read(environment, "FILE", file).Span);
        return new SubmissionRequest(
            arguments.GetValue(from), arguments.GetValue(to), arguments.GetValue(cc), arguments.GetValue(bcc), arguments.GetValue(subject), text,
            [.. (arguments.GetValue(attach) ?? []).Select(f => Attachment(environment, f))], Mmhs(arguments), arguments.GetValue(label), Time(arguments, expires), arguments.GetValue(supersedes),
            arguments.GetValue(receipt), arguments.GetValue(notify)?.Split(',', StringSplitOptions.TrimEntries), arguments.GetValue(returned), arguments.GetValue(envelopeId),
            DeliverBy(arguments), Given(arguments, receiptsFrom), Given(arguments, receiptsTo));
    }

    private DeliverByRequest? DeliverBy(ParseResult arguments)
    {
        if (arguments.GetValue(deliverBy) is { } text)
        {
            var by = Notation.TryReadDuration(text, out var within) ? TimeProvider.System.GetUtcNow() + within : Time(arguments, deliverBy);
            return new DeliverByRequest(by, arguments.GetValue(deliverByMode), arguments.GetValue(deliverByTrace));
        }

        foreach (var option in new Option[] { deliverByMode, deliverByTrace }.Where(o => arguments.GetResult(o) is { Implicit: false })) throw new CommandFault(ExitCodes.WrongUse, $"{option.Name}: goes with --deliver-by");
        return null;
    }

    private static string[]? Given(ParseResult arguments, Option<string[]> option) => arguments.GetValue(option) is { Length: > 0 } values ? values : null;

    private Option[] All => [from, to, cc, bcc, subject, attach, precedence, copyPrecedence, codes, type, instructions, handling, released, fields, label, expires, supersedes, receipt, notify, returned, envelopeId, deliverBy, deliverByMode, deliverByTrace, receiptsFrom, receiptsTo];

    private MmhsView? Mmhs(ParseResult arguments)
    {
        var view = new MmhsView
        {
            PrimaryPrecedence = arguments.GetValue(precedence),
            CopyPrecedence = arguments.GetValue(copyPrecedence),
            SubjectIndicatorCodes = List(arguments.GetValue(codes)),
            MessageType = arguments.GetValue(type),
            MessageInstructions = List(arguments.GetValue(instructions)),
            HandlingInstructions = List(arguments.GetValue(handling)),
            ExtendedAuthorisationInfo = Time(arguments, released),
        };
        foreach (var text in arguments.GetValue(fields) ?? []) view = With(view, text);
        return view.Given().Any() ? view : null;
    }

    private static MmhsView With(MmhsView view, string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        var name = at > 0 ? text[..at] : text;
        if (!name.StartsWith("MMHS-", StringComparison.OrdinalIgnoreCase)) name = "MMHS-" + name;
        if (at <= 0 || !MmhsFieldNames.TryFind(name, out var field)) throw new CommandFault(ExitCodes.WrongUse, $"--field: write NAME=VALUE with one of {string.Join(", ", MmhsFieldNames.All)}");
        var value = text[(at + 1)..];
        return field switch
        {
            MmhsField.ExemptedAddress => view with { ExemptedAddress = List(value) },
            MmhsField.CodressMessageIndicator => view with { CodressMessageIndicator = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new CommandFault(ExitCodes.WrongUse, $"--field: {name} has a number") },
            MmhsField.OriginatorReference => view with { OriginatorReference = value },
            MmhsField.OtherRecipientsIndicatorTo => view with { OtherRecipientsIndicatorTo = List(value) },
            MmhsField.OtherRecipientsIndicatorCc => view with { OtherRecipientsIndicatorCc = List(value) },
            MmhsField.Acp127MessageIdentifier => view with { Acp127MessageIdentifier = value },
            MmhsField.OriginatorPlad => view with { OriginatorPlad = value },
            MmhsField.AuthorizingUsers => view with { AuthorizingUsers = List(value) },
            _ => throw new CommandFault(ExitCodes.WrongUse, $"--field: {name} has an option of its own"),
        };
    }

    private static Option<string[]> Many(string name, string description, string value) => new(name) { Description = description, HelpName = value };

    private static string[]? List(string? text) => text?.Split(';', StringSplitOptions.TrimEntries);

    private static DateTimeOffset? Time(ParseResult arguments, Option<string?> option)
    {
        if (arguments.GetValue(option) is not { } text) return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new CommandFault(ExitCodes.WrongUse, $"{option.Name}: '{text}' is no time such as 2030-01-02T03:04Z");
    }

    private static AttachmentRequest Attachment(CommandEnvironment environment, string file)
    {
        var octets = MessageFile.Read(environment, "--attach", file);
        if (octets.Length > MostAttached) throw new CommandFault(ExitCodes.WrongUse, $"--attach: {file}: larger than {MostAttached >> 20} MiB");
        return new AttachmentRequest(Path.GetFileName(file), MimeKit.MimeTypes.GetMimeType(file), octets.ToArray());
    }
}
