using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Host.Api;
using MilSwitch.Lookup.Service.Log;

namespace MilSwitch.Host.Commands;

/// <summary>Certificates for recipients beyond a boundary.</summary>
public sealed partial class CommandLine
{
    private Command Proxy() => new("proxy", "Proxy certificates: for recipients beyond a boundary") { ProxyZone(), ProxyVerify() };

    private Command ProxyZone()
    {
        var boundary = new Argument<string>("BOUNDARY") { Description = "Name of the boundary" };
        var recipients = new Argument<string[]>("ADDRESS") { Description = "Recipients; '-' reads them from standard input, one a line", Arity = ArgumentArity.OneOrMore };
        var origin = new Option<string>("--origin") { Description = "Name of the zone: the foreign domain", Required = true, HelpName = "DOMAIN" };
        var server = new Option<string?>("--name-server") { Description = "First name server of the zone; not for local-data", HelpName = "HOST" };
        var master = new Option<string?>("--hostmaster") { Description = "In the form of a name; hostmaster below the origin when absent", HelpName = "NAME" };
        var form = new Option<string>("--form") { Description = "zone; generic: TYPE53 (RFC 3597); local-data: for unbound", DefaultValueFactory = _ => "zone", HelpName = "FORM" };
        form.AcceptOnlyFromAmong("zone", "generic", "local-data");
        var keep = new Option<string?>("--ttl") { Description = "How long answers may be kept, 1m to 1d; 1h when absent", HelpName = "TIME" };
        var command = Remote("zone", "Write the zone with SMIMEA records (RFC 8162) for recipients; exit 1 when one of them has none", async (node, arguments, cancellationToken) =>
        {
            var wanted = new List<string>();
            foreach (var text in arguments.GetRequiredValue(recipients))
            {
                if (text is not "-") wanted.Add(text);
                else while (await environment.Input.ReadLineAsync(cancellationToken) is { } line) if (line.Trim() is { Length: > 0 } one) wanted.Add(one);
            }

            var request = new SmimeaZoneRequest(
                arguments.GetRequiredValue(origin), arguments.GetValue(server), arguments.GetValue(master), arguments.GetValue(form), arguments.GetValue(keep), wanted);
            var answer = await node.SendAsync(
                HttpMethod.Post, $"/boundaries/{Uri.EscapeDataString(arguments.GetRequiredValue(boundary))}/smimea-zone", request, ApiJson.Default.SmimeaZoneRequest, Conditions(arguments), cancellationToken);
            Show(arguments, answer, ApiJson.Default.SmimeaZoneView, view =>
            {
                environment.Output.Write(view.Zone);
                foreach (var one in view.LeftOut) environment.Error.WriteLine($"milswitch: {Text.Printable(one.Recipient)} has no record: {one.Reason}");
                if (view.RenewAt is { } at) environment.Error.WriteLine($"milswitch: write it anew before {Text.Time(at)}");
            });
            return Read(answer, ApiJson.Default.SmimeaZoneView).LeftOut.Count is 0 ? ExitCodes.Done : ExitCodes.Bad;
        });
        command.Arguments.Add(boundary);
        command.Arguments.Add(recipients);
        foreach (var option in new Option[] { origin, server, master, form, keep, key }) command.Options.Add(option);
        return Example(
            command,
            "milswitch proxy zone out bob@north.example --origin north.example --name-server ns.unit.example > north.example.zone",
            "milswitch proxy zone out - --origin north.example --form local-data < recipients > /etc/unbound/unbound.conf.d/north.conf");
    }

    private Command ProxyVerify()
    {
        var file = new Argument<string>("FILE") { Description = "A log of proxy certificates" };
        var signer = new Option<string?>("--signer") { Description = "Certificate of the key that signs checkpoints; without it their signatures are not verified", HelpName = "CERT" };
        var command = new Command("verify", "Whether a log of proxy certificates is what was written; exit 1 when not. Needs no node and no network") { file, signer, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var certificate = arguments.GetValue(signer) is { } path ? new CertificateSource(environment, null).ReadOne(path).Certificate : null;
            var name = arguments.GetRequiredValue(file);
            try
            {
                await using var log = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 65_536, useAsync: true);
                var verdict = await ProxyLog.VerifyAsync(log, certificate, cancellationToken);
                if (arguments.GetValue(json))
                {
                    var view = new ProxyLogView(
                        verdict.FirstBadLine is null ? "valid" : "invalid", verdict.Head.Number, verdict.Head.Hash, certificate is null ? null : verdict.LastCheckpoint, verdict.FirstBadLine, verdict.FirstBadLine is null ? null : verdict.Fault);
                    environment.Output.WriteLine(JsonSerializer.Serialize(view, ProxyLogJson.Default.ProxyLogView));
                    return verdict.FirstBadLine is null ? ExitCodes.Done : ExitCodes.Bad;
                }

                Text.WriteFields(
                    environment.Output, ("lines", Text.Number(verdict.Head.Number)), ("head", verdict.Head.Hash),
                    ("last good checkpoint", certificate is null ? "not verified" : verdict.LastCheckpoint is 0 ? "none" : "line " + Text.Number(verdict.LastCheckpoint)));
                if (verdict.FirstBadLine is not { } line) return ExitCodes.Done;
                environment.Output.WriteLine($"line {Text.Number(line)}: {verdict.Fault}");
                return ExitCodes.Bad;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new CommandFault(ExitCodes.NotFound, $"{name} can't be read");
            }
        });
        return Example(command, "milswitch proxy verify proxies.log --signer checkpoint.pem");
    }
}

/// <summary>What a log of proxy certificates is.</summary>
/// <param name="Verdict">valid or invalid.</param>
/// <param name="Lines">Lines that follow from each other.</param>
/// <param name="Head">The last one's hash.</param>
/// <param name="LastCheckpoint">The line of the last good checkpoint; 0: there is none; null: they were not verified.</param>
/// <param name="FirstBadLine">Null: none is.</param>
/// <param name="Fault">What is wrong with it.</param>
internal sealed record ProxyLogView(string Verdict, long Lines, string Head, long? LastCheckpoint, long? FirstBadLine, string? Fault);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ProxyLogView))]
internal sealed partial class ProxyLogJson : JsonSerializerContext;
