using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Looking into a node while it runs.</summary>
public sealed partial class CommandLine
{
    private Command Log()
    {
        var show = Remote("show", "What the node logs, and what differs from its configuration for a time", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/logging", cancellationToken), ApiJson.Default.LoggingView, view => TelemetryRendering.Write(environment.Output, view)));
        Example(show, "milswitch log show");

        var level = new Argument<string>("[CATEGORY=]LEVEL") { Description = "trace, debug, information, warning, error, critical, or configured: back to what the configuration says. Before it the beginning of a logger's name, such as MilSwitch.Smtp=" };
        var lasts = new Option<string?>("--for") { Description = "Then the configured level returns by itself; 10m when absent, 24h at most", HelpName = "TIME" };
        var set = Remote("level", "Log more or less for a time", async (node, arguments, cancellationToken) =>
        {
            var text = arguments.GetRequiredValue(level);
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var request = new LoggingRequest(text[(equals + 1)..], equals < 0 ? null : text[..equals], arguments.GetValue(lasts), arguments.GetRequiredValue(reason));
            return Show(
                arguments, await node.SendAsync(HttpMethod.Put, "/logging", request, ApiJson.Default.LoggingRequest, Conditions(arguments), cancellationToken), ApiJson.Default.LoggingView,
                view => TelemetryRendering.Write(environment.Output, view));
        });
        set.Arguments.Add(level);
        foreach (var option in new Option[] { lasts, reason, tag }) set.Options.Add(option);
        Example(set, "milswitch log level --for 10m MilSwitch.Smtp=debug --reason 'bravo says we are slow'", "milswitch log level configured --reason 'seen enough'");
        return new Command("log", "What the node logs") { show, set };
    }

    private Command Trace()
    {
        var list = Remote("list", "Records of SMTP dialogues, the newest first", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/traces", cancellationToken), ApiJson.Default.PageTraceView, page => TelemetryRendering.Write(environment.Output, page)));
        Example(list, "milswitch trace list");

        var peer = new Option<string>("--peer") { Description = "listener:NAME, link:NAME, an address or a network", Required = true, HelpName = "PEER" };
        var lasts = new Option<string>("--for") { Description = "How long, 1h at most", DefaultValueFactory = _ => "10m", HelpName = "TIME" };
        var start = Remote("smtp", "Record what is said with one peer, without secrets and content", async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.SendAsync(
                HttpMethod.Post, "/traces", new TraceRequest(arguments.GetRequiredValue(peer), arguments.GetRequiredValue(lasts), arguments.GetRequiredValue(reason)), ApiJson.Default.TraceRequest, Conditions(arguments),
                cancellationToken),
            ApiJson.Default.TraceView, view => environment.Output.WriteLine(Text.Printable(view.Id))));
        foreach (var option in new Option[] { peer, lasts, reason, key }) start.Options.Add(option);
        Example(start, "milswitch trace smtp --peer 192.0.2.0/24 --for 10m --reason 'alpha says we hang up'", "milswitch trace smtp --peer link:192.0.2.1:25 --reason 'bravo refuses some'");

        var shown = TraceId();
        var show = Remote("show", "One record, line by line", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/traces/" + Uri.EscapeDataString(OneId(arguments.GetRequiredValue(shown))), cancellationToken), ApiJson.Default.TraceView, view => TelemetryRendering.WriteLines(environment.Output, view)));
        show.Arguments.Add(shown);
        Example(show, "milswitch trace show 1");

        var stopped = TraceId();
        var stop = Remote("stop", "End a record before its time; what it holds stays for an hour", async (node, arguments, cancellationToken) => Show(
            arguments, await node.SendAsync(HttpMethod.Post, $"/traces/{Uri.EscapeDataString(OneId(arguments.GetRequiredValue(stopped)))}/stop", Conditions(arguments), cancellationToken), ApiJson.Default.TraceView,
            view => TelemetryRendering.Write(environment.Output, new Page<TraceView>([view], null))));
        stop.Arguments.Add(stopped);
        stop.Options.Add(key);
        Example(stop, "milswitch trace stop 1");
        return new Command("trace", "Records of what is said with SMTP peers") { list, start, show, stop };

        static Argument<string> TraceId() => new("ID") { Description = "Of the record; '-' reads it from standard input" };
    }

    private Command Support()
    {
        var file = new Option<string>("--output", "-o") { Description = "Where to write it; '-' is standard output", Required = true, HelpName = "FILE" };
        var addresses = new Option<bool>("--addresses") { Description = "Leave mail addresses in" };
        var bundle = Remote("bundle", "What somebody elsewhere needs to understand the node, as tar in gzip: no content, no secrets", async (node, arguments, cancellationToken) =>
        {
            var path = "/support" + (arguments.GetValue(addresses) ? "?addresses=true" : "");
            var name = arguments.GetRequiredValue(file);
            if (name is "-")
            {
                await using var output = environment.OpenOutput();
                await node.CopyAsync(path, output, cancellationToken);
                return ExitCodes.Done;
            }

            using var whole = new MemoryStream();
            await node.CopyAsync(path, whole, cancellationToken);
            WriteForOneself(name, whole.ToArray());
            if (arguments.GetValue(json)) environment.Output.WriteLine(System.Text.Json.JsonSerializer.Serialize(new SupportView(name, whole.Length), ApiJson.Default.SupportView));
            else environment.Error.WriteLine($"milswitch: {Text.Printable(name)}: {Text.Number(whole.Length)} octets");
            return ExitCodes.Done;
        });
        bundle.Options.Add(file);
        bundle.Options.Add(addresses);
        Example(bundle, "milswitch support bundle -o support.tar.gz");
        return new Command("support", "Help from elsewhere") { bundle };
    }

    private string OneId(string text) => ReadIds([text]) is [var single] ? single : throw new CommandFault(ExitCodes.WrongUse, "more than one id was given");

    private static void WriteForOneself(string name, byte[] octets)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new FileStream(name, options);
            file.Write(octets);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{name} can't be written");
        }
    }
}
