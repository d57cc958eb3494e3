using System.Collections.Immutable;
using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Host.Commands;

/// <summary>Where a message is, asked of any servers of MTQP (RFC 3887).</summary>
public sealed partial class CommandLine
{
    private const int MtqpPort = 1038;

    private Command Mtqp()
    {
        var envelopeId = new Argument<string>("ENVID") { Description = "Under which it was sent, id@host" };
        var server = new Option<string>("--server") { Description = "Who is asked first; port 1038 when there is none", Required = true, HelpName = "HOST[:PORT]" };
        var secret = new Option<string>("--secret-file") { Description = "File of the secret in base64; '-' for standard input", Required = true, HelpName = "FILE" };
        var ca = new Option<string?>("--ca") { Description = "Anchors in PEM: servers are asked inside TLS only, with a certificate for their name", HelpName = "FILE" };
        var follow = new Option<bool>("--follow") { Description = "Ask those who took the tracking over as well, with the same secret" };
        var port = new Option<int>("--port") { Description = "Of those who are asked next", HelpName = "N", DefaultValueFactory = _ => MtqpPort };
        var print = new Option<bool>("--json") { Description = "Print what was said as JSON" };
        var track = new Command("track", "Where a message is, by what servers of MTQP say; exit 3 when the first knows nothing, 7 when it does not answer, 1 when a later one does not") { envelopeId, server, secret, ca, follow, port, print };
        track.SetAction(async (arguments, cancellationToken) =>
        {
            var id = arguments.GetRequiredValue(envelopeId);
            if (!TrackingRequest.IsUnique(id) || id.AsSpan().ContainsAnyExceptInRange(' ', '~')) throw new CommandFault(ExitCodes.WrongUse, "ENVID must be id@host in printable ASCII");
            if (ReadServer(arguments.GetRequiredValue(server)) is not { } first) throw new CommandFault(ExitCodes.WrongUse, "--server must be HOST or HOST:PORT");
            if (arguments.GetValue(port) is < 1 or > 65535) throw new CommandFault(ExitCodes.WrongUse, "--port must be a number from 1 to 65535");
            var octets = ReadSecret(arguments.GetRequiredValue(secret));
            var client = new MtqpClient(new TcpSmtpTransport(), TimeProvider.System, ReadAnchors(arguments.GetValue(ca)));
            var traced = arguments.GetValue(follow)
                ? await new MtqpTracer(arguments.GetValue(port), (next, token) => client.AskAsync(next, id, octets, token)).TraceAsync(first, cancellationToken)
                : [new TracedServer(first, await client.AskAsync(first, id, octets, cancellationToken))];
            if (arguments.GetValue(print)) environment.Output.WriteLine(JsonSerializer.Serialize([.. traced.Select(MtqpServerView.Of)], MtqpJson.Default.IReadOnlyListMtqpServerView));
            else Write(traced);
            return traced[0].Reply.Outcome switch
            {
                MtqpOutcome.NoInformation => ExitCodes.NotFound,
                MtqpOutcome.Unreachable => ExitCodes.Unreachable,
                MtqpOutcome.Refused => ExitCodes.Bad,
                _ => traced.All(t => t.Reply.Outcome is MtqpOutcome.Found) ? ExitCodes.Done : ExitCodes.Bad,
            };
        });
        Example(track, "milswitch mtqp track 20300401-1@home.example --server mx.home.example --secret-file secret.b64 --follow");
        return new Command("mtqp", "Questions to servers of MTQP") { track };
    }

    private void Write(ImmutableArray<TracedServer> traced)
    {
        var output = environment.Output;
        foreach (var (server, reply) in traced)
        {
            output.WriteLine(Text.Printable($"{server}{(reply.IsSecured ? " (TLS)" : "")}: {(reply.Outcome is MtqpOutcome.Found ? "found" : reply.Detail)}"));
            MessageTrace.Write(output, "  ", reply.Found.Select(Api.MtqpStatusView.Of));
        }
    }

    private byte[] ReadSecret(string file)
    {
        var text = Encoding.ASCII.GetString(MessageFile.Read(environment, "--secret-file", file).Span).Trim();
        return TrackingSecret.TryParse(Encoding.ASCII.GetBytes(text), out var octets) ? octets : throw new CommandFault(ExitCodes.WrongUse, "--secret-file does not hold base64 of 1 to 128 octets");
    }

    private static X509Certificate2Collection? ReadAnchors(string? file)
    {
        if (file is null) return null;
        var anchors = new X509Certificate2Collection();
        try
        {
            anchors.ImportFromPemFile(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"--ca: no certificates in PEM could be read from {file}");
        }

        return anchors.Count > 0 ? anchors : throw new CommandFault(ExitCodes.NotFound, $"--ca: {file} holds no certificate");
    }

    private static HopTarget? ReadServer(string text)
    {
        if (Configuration.Notation.TryReadHostPort(text, 1, out var host, out var port)) return new HopTarget(host, port);
        var bare = text.Trim('[', ']');
        return Uri.CheckHostName(bare) is UriHostNameType.Unknown ? null : new HopTarget(bare, MtqpPort);
    }
}
