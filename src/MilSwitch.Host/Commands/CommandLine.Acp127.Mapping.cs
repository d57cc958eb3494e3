using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using MilSwitch.Acp127;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Configuration;
using MilSwitch.Mime;

namespace MilSwitch.Host.Commands;

/// <summary>Mail made of messages of ACP 127, and the other way: no node, no network.</summary>
public sealed partial class CommandLine
{
    private const int MappedHeader = 256 << 10;
    private const int MappedFields = 1_000;

    private readonly Option<string> acp127Directory = new("--directory") { Description = "YAML file of stations: names, routing indicators, mail addresses", Required = true, HelpName = "FILE" };
    private readonly Option<string?> acp127Originators = new("--originators") { Description = "Stands in From for originators without a mail address", HelpName = "ADDRESS" };
    private readonly Option<string?> acp127Output = new("-o", "--output-file") { Description = "Where to, instead of standard output", HelpName = "FILE" };

    private readonly Option<bool> acp127Json = new("--json") { Description = "Print what was made, or why not, as JSON" };

    private Command Acp127ToMailCommand()
    {
        var file = new Argument<string>("FILE") { Description = "A message of ACP 127; '-' for standard input", DefaultValueFactory = _ => "-" };
        var host = new Option<string>("--host-name") { Description = "The name behind the @ of the Message-ID", DefaultValueFactory = _ => "localhost", HelpName = "NAME" };
        var command = new Command("to-mail", "Make mail with the fields of RFC 6477 of a message; exit 1 and the line marked when it can't be") { file, acp127Directory, acp127Originators, host, acp127Output, acp127Json };
        command.SetAction(arguments =>
        {
            var name = arguments.GetRequiredValue(host);
            if (!Mailbox.TryReadDomain(name, out var domain)) throw new CommandFault(ExitCodes.WrongUse, $"--host-name: '{name}' is not a domain name");
            var octets = MessageFile.Read(environment, "FILE", arguments.GetRequiredValue(file));
            var mail = Acp127ToMail.Make(octets.Span, Edge(arguments, domain));
            if (arguments.GetValue(acp127Json))
            {
                WriteMapped(json =>
                {
                    json.WriteBoolean("made", mail.Garble is null);
                    if (mail.Garble is { } garbled)
                    {
                        json.WriteNumber("line", garbled.Line);
                        json.WriteNumber("formatLine", garbled.FormatLine);
                        json.WriteString("reason", garbled.Reason);
                        return;
                    }

                    json.WriteStartArray("recipients");
                    foreach (var recipient in mail.Recipients) json.WriteStringValue(recipient.Text);
                    json.WriteEndArray();
                    json.WriteString("mail", mail.Content);
                });
                return mail.Garble is null ? ExitCodes.Done : ExitCodes.Bad;
            }

            if (mail.Garble is { } garble)
            {
                Write(octets, garble);
                return ExitCodes.Bad;
            }

            environment.Error.WriteLine($"recipients: {string.Join(' ', mail.Recipients.Select(r => r.Text))}");
            Put(arguments.GetValue(acp127Output), mail.Content!);
            return ExitCodes.Done;
        });
        return Example(command, "milswitch acp127 to-mail message.txt --directory stations.yaml -o message.eml");
    }

    private Command Acp127FromMailCommand()
    {
        var file = new Argument<string>("FILE") { Description = "A mail; '-' for standard input", DefaultValueFactory = _ => "-" };
        var station = new Option<string>("--station") { Description = "The routing indicator of the station that sends it", Required = true, HelpName = "INDICATOR" };
        var serial = new Option<string?>("--serial") { Description = "Station serial number of four digits, unless the mail has its own", HelpName = "NUMBER" };
        var filed = new Option<string?>("--filed") { Description = "Time of filing, DDDHHMM, unless the mail has its own", HelpName = "TIME" };
        var to = new Option<string[]>("--to") { Description = "Who gets it; without, all in To and Cc that have a routing indicator", HelpName = "ADDRESS" };
        var command = new Command("from-mail", "Make a message of a mail with the fields of RFC 6477; exit 1 and the field named when it can't be carried") { file, acp127Directory, acp127Originators, station, serial, filed, to, acp127Output, acp127Json };
        command.SetAction(arguments =>
        {
            var indicator = arguments.GetRequiredValue(station);
            if (!Acp127Directory.IsRouting(indicator)) throw new CommandFault(ExitCodes.WrongUse, $"--station: '{indicator}' is no routing indicator of 4 to 7 capitals, R or U first");
            var edge = Edge(arguments, "localhost");
            var mail = MessageFile.Read(environment, "FILE", arguments.GetRequiredValue(file));
            ImmutableArray<Mailbox> recipients = arguments.GetValue(to) is { Length: > 0 } named ? [.. named.Select(n => Address("--to", n))] : Addressees(mail, edge.Directory);
            var draft = MailToAcp127.Make(mail, recipients, edge, indicator);
            if (draft.Message is not { } message)
            {
                if (arguments.GetValue(acp127Json))
                {
                    WriteMapped(json =>
                    {
                        json.WriteBoolean("made", false);
                        json.WriteString("field", draft.Fault!.Field);
                        json.WriteString("reason", draft.Fault.Reason);
                    });
                    return ExitCodes.Bad;
                }

                environment.Output.WriteLine(Text.Printable($"refused: {draft.Fault}"));
                return ExitCodes.Bad;
            }

            if (!draft.IsNumbered)
            {
                if (arguments.GetValue(serial) is not { } number || arguments.GetValue(filed) is not { } time) throw new CommandFault(ExitCodes.WrongUse, "the mail has no MMHS-Acp127-Message-Identifier; give --serial and --filed");
                message = message with { Serial = number, FilingTime = time };
            }

            byte[] octets;
            try
            {
                octets = Acp127Writer.Write(message);
            }
            catch (FormatException fault)
            {
                throw new CommandFault(ExitCodes.WrongUse, $"--serial, --filed: {fault.Message}");
            }

            if (arguments.GetValue(acp127Json))
            {
                WriteMapped(json =>
                {
                    json.WriteBoolean("made", true);
                    json.WriteString("identifier", message.Identifier);
                    json.WriteString("message", octets);
                });
                return ExitCodes.Done;
            }

            Put(arguments.GetValue(acp127Output), octets);
            return ExitCodes.Done;
        });
        return Example(command, "milswitch acp127 from-mail message.eml --directory stations.yaml --station RPDLE --serial 1234 --filed 0341215");
    }

    private Acp127Edge Edge(ParseResult arguments, string host)
    {
        var path = arguments.GetRequiredValue(acp127Directory);
        if (!File.Exists(path)) throw new CommandFault(ExitCodes.NotFound, $"--directory: {path}: no such file");
        if (Acp127DirectoryFile.Read(path, out var problems) is not { } directory) throw new CommandFault(ExitCodes.NotFound, Text.Printable(string.Join("; ", problems)));
        return new Acp127Edge { Directory = directory, HostName = host, Originators = arguments.GetValue(acp127Originators) is { } text ? Address("--originators", text) : null };
    }

    private static Mailbox Address(string option, string text) =>
        Mailbox.TryParse(text, allowUtf8: false, out var address, out _) && address.Domain.Length > 0 ? address : throw new CommandFault(ExitCodes.WrongUse, $"{option}: '{text}' is not a mail address with a domain");

    private static ImmutableArray<Mailbox> Addressees(ReadOnlyMemory<byte> mail, Acp127Directory directory)
    {
        var header = HeaderBlock.Scan(mail, MappedHeader, MappedFields);
        return
        [
            .. AddressList.Of(header, "To"u8).Concat(AddressList.Of(header, "Cc"u8))
                .Select(a => Mailbox.TryParse(a, allowUtf8: true, out var mailbox, out _) ? mailbox : null).OfType<Mailbox>().Where(m => directory.Find(m)?.Routing is not null).Distinct(),
        ];
    }

    private void WriteMapped(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        environment.Output.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    private void Put(string? path, byte[] octets)
    {
        try
        {
            using var output = path is null ? environment.OpenOutput() : File.Create(path);
            output.Write(octets);
        }
        catch (Exception fault) when (path is not null && fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"-o: {path}: can't be written");
        }
    }
}
