using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Host.Api;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Sendmail;

namespace MilSwitch.Host.Commands;

/// <summary>The program's commands. Standard output is data, standard error is talk.</summary>
public sealed partial class CommandLine
{
    private const int IdsAtOnce = 500;

    private readonly CommandEnvironment environment;
    private readonly Dictionary<Command, string[]> examples = [];
    private readonly NodeAddress address = new();
    private readonly Option<bool> json = new("--json") { Description = "Print the API's JSON" };
    private readonly Option<string> reason = new("--reason") { Description = "Why; kept in the audit trail", Required = true, HelpName = "TEXT" };
    private readonly Option<string?> key = new("--idempotency-key") { Description = "Sent again with the same key it is not done again, but answered as before", HelpName = "KEY" };
    private readonly Option<string?> tag = new("--if-match") { Description = "Only when the state in force still has this tag; else exit 6", HelpName = "TAG" };
    private readonly FilterOptions filter = new();
    private readonly RootCommand root = new("MilSwitch, a durable SMTP switch with precedence.");

    private CommandLine(CommandEnvironment environment)
    {
        this.environment = environment;
        root.Subcommands.Add(Run());
        root.Subcommands.Add(Config());
        root.Subcommands.Add(Status());
        root.Subcommands.Add(Version());
        root.Subcommands.Add(Cluster());
        root.Subcommands.Add(Alarm());
        root.Subcommands.Add(Events());
        root.Subcommands.Add(Queue());
        root.Subcommands.Add(Message());
        root.Subcommands.Add(Overview());
        root.Subcommands.Add(WatchLog());
        root.Subcommands.Add(Hold());
        root.Subcommands.Add(Draft());
        root.Subcommands.Add(Harvest());
        root.Subcommands.Add(Audit());
        root.Subcommands.Add(Proxy());
        root.Subcommands.Add(Track());
        root.Subcommands.Add(Statistics());
        root.Subcommands.Add(Destination());
        root.Subcommands.Add(Rule());
        root.Subcommands.Add(Minimize());
        root.Subcommands.Add(Route());
        root.Subcommands.Add(Inspect());
        root.Subcommands.Add(Acp127());
        root.Subcommands.Add(Mtqp());
        root.Subcommands.Add(Path());
        root.Subcommands.Add(Smime());
        root.Subcommands.Add(Label());
        root.Subcommands.Add(Profile());
        root.Subcommands.Add(MailingLists());
        root.Subcommands.Add(Key());
        root.Subcommands.Add(Cert());
        root.Subcommands.Add(Account());
        root.Subcommands.Add(Session());
        root.Subcommands.Add(WhoAmI());
        root.Subcommands.Add(Proposal());
        root.Subcommands.Add(Submit());
        root.Subcommands.Add(Log());
        root.Subcommands.Add(Trace());
        root.Subcommands.Add(Support());
        root.Subcommands.Add(Sendmail());
        root.Subcommands.Add(Mailq());
        root.Subcommands.Add(Database());
        root.Subcommands.Add(Completion());
        root.Subcommands.Add(Demo.DemoCommand.Create(environment, Example));
        var help = root.Options.OfType<HelpOption>().First();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, examples, environment.Output);
    }

    /// <summary>Every command that does something, by its words, with the examples of its help.</summary>
    internal static IReadOnlyDictionary<string, string[]> Verbs(CommandEnvironment environment)
    {
        var line = new CommandLine(environment);
        var verbs = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        Add(line.root, "");
        return verbs;

        void Add(Command command, string words)
        {
            if (command.Subcommands.Count is 0) verbs[words] = line.examples.GetValueOrDefault(command) ?? [];
            foreach (var inner in command.Subcommands) Add(inner, $"{words} {inner.Name}".TrimStart());
        }
    }

    /// <summary>What is wrong with a command line, which is not run.</summary>
    public static IReadOnlyList<string> Misunderstandings(string[] arguments, CommandEnvironment environment) =>
        [.. new CommandLine(environment).root.Parse(arguments).Errors.Select(e => e.Message)];

    /// <summary>Runs one command line to its end; the result is the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments, CommandEnvironment environment, CancellationToken cancellationToken = default)
    {
        try
        {
            // Its letters are those of sendmail, joined and with values beside them, and not this program's options.
            if (arguments is ["sendmail", .. var letters]) return await new SendmailCommand(environment, TimeProvider.System).RunAsync(letters, cancellationToken);
            var parsed = new CommandLine(environment).root.Parse(arguments);
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
            {
                foreach (var error in parsed.Errors) environment.Error.WriteLine("milswitch: " + error.Message);
                environment.Error.WriteLine("milswitch: --help tells more");
                return ExitCodes.WrongUse;
            }

            // A misspelt option would be taken for an id or a file.
            if (parsed.Action is not HelpWithExamples && !arguments.Contains("--")
                && parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).FirstOrDefault(t => t.Value.Length > 2 && t.Value.StartsWith("--", StringComparison.Ordinal)) is { } misspelt)
                throw new CommandFault(ExitCodes.WrongUse, $"{misspelt.Value} is no option; --help tells more");

            // The host handles SIGTERM by itself: the parser's own timeout would cut the drain short.
            var configuration = new InvocationConfiguration
            {
                Output = environment.Output, Error = environment.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (CommandFault fault)
        {
            foreach (var line in fault.Message.Split('\n')) environment.Error.WriteLine("milswitch: " + Text.Printable(line));
            return fault.ExitCode;
        }
        catch (JsonException)
        {
            environment.Error.WriteLine("milswitch: the node's answer can't be understood; is it another version?");
            return ExitCodes.Internal;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            environment.Error.WriteLine("milswitch: internal fault: " + fault);
            return ExitCodes.Internal;
        }
    }

    // For the list of commands; what follows its name never comes here.
    private Command Sendmail()
    {
        var command = new Command("sendmail", SendmailCommand.Description) { new Argument<string[]>("arguments") { Description = "As sendmail takes them", Arity = ArgumentArity.ZeroOrMore } };
        command.TreatUnmatchedTokensAsErrors = false;
        return Example(command, SendmailCommand.Examples);
    }

    private Command Run()
    {
        var file = new Option<string>("--config") { Description = "The node's configuration", Required = true, HelpName = "FILE" };
        var command = new Command("run", "Run a node until SIGTERM. Prints 'ready' when everything listens; SIGHUP reads the configuration again") { file };
        command.SetAction((arguments, cancellationToken) => RunCommand.RunAsync(arguments.GetRequiredValue(file), environment, cancellationToken));
        return Example(command, "milswitch run --config /etc/milswitch/milswitch.yaml");
    }

    private Command Config()
    {
        var file = new Option<string>("--config") { Description = "The configuration to judge", Required = true, HelpName = "FILE" };
        var check = new Command("check", "Report every problem of a configuration as FILE:line: key: what is wrong") { file, json };
        check.SetAction(arguments => Check(arguments.GetRequiredValue(file), arguments.GetValue(json)));
        Example(check, "milswitch config check --config config/relay.yaml");

        var apply = Remote("apply", "Make the running node read its configuration again: whole or not at all", async (node, arguments, cancellationToken) =>
            Show(arguments, await node.SendAsync(HttpMethod.Post, "/config/apply", new ReasonRequest(arguments.GetRequiredValue(reason)), ApiJson.Default.ReasonRequest, Conditions(arguments), cancellationToken), ApiJson.Default.ConfigurationView, view => environment.Output.WriteLine($"applied {view.File}")));
        apply.Options.Add(reason);
        apply.Options.Add(key);
        apply.Options.Add(tag);
        Example(apply, "milswitch config apply --reason 'link to bravo moved'");

        var show = Remote("show", "Which configuration is in force, and since when", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/config", cancellationToken), ApiJson.Default.ConfigurationStateView, view => Rendering.Write(environment.Output, view)));
        Example(show, "milswitch config show");

        var kind = new Argument<string>("KIND") { Description = "scram: for an account; token: for admin.tokens" };
        kind.AcceptOnlyFromAmong("scram", "token");
        var verifier = new Command("verifier", "Turn a password or token, read from standard input, into what the configuration may hold") { kind };
        verifier.SetAction(arguments => Verifier(arguments.GetRequiredValue(kind)));
        Example(verifier, "milswitch config verifier scram < duty-officer.password");
        return new Command("config", "Check and apply configurations") { check, show, apply, ConfigVersions(), ConfigDiff(), ConfigTry(), verifier };
    }

    private Command Status() => Example(
        Remote("status", "The node at a glance; exit 1 when it is not ready or has alarms", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/status", cancellationToken);
            Show(arguments, text, ApiJson.Default.StatusView, view => Rendering.Write(environment.Output, view));
            var status = Read(text, ApiJson.Default.StatusView);
            return status.Ready && status.Alarms.Count == 0 ? ExitCodes.Done : ExitCodes.Bad;
        }),
        "milswitch status", "milswitch status --node https://gw1.example.org:8443 --token-file ~/.milswitch-token --json");

    private Command Queue()
    {
        var after = new Option<string?>("--after") { Description = "Go on after this id", HelpName = "ID" };
        var ids = new Option<bool>("--ids") { Description = "Print ids only, one a line, for another command's '-'" };
        var list = Remote("list", "Pending messages, most urgent first", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/queue" + filter.ToQuery(arguments, ("after", arguments.GetValue(after))), cancellationToken);
            return Show(arguments, text, ApiJson.Default.PageQueuedMessageView, page =>
            {
                if (!arguments.GetValue(ids)) Rendering.Write(environment.Output, page, TimeProvider.System.GetUtcNow());
                else foreach (var message in page.Items) environment.Output.WriteLine(message.Id);
            });
        });
        filter.AddTo(list);
        list.Options.Add(after);
        list.Options.Add(ids);
        Example(list, "milswitch queue list --precedence flash", "milswitch queue list --link 192.0.2.1:25 --older-than 2h --ids | milswitch message try - --reason 'line is back'");

        var by = new Option<string>("--by") { Description = "domain, link or sender", DefaultValueFactory = _ => "domain" };
        by.AcceptOnlyFromAmong("domain", "link", "sender");
        var shape = Remote("shape", "How many wait, by age", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/queue/shape" + Query(("by", arguments.GetValue(by))), cancellationToken), ApiJson.Default.PageShapeRowView,
            page => Rendering.Write(environment.Output, page)));
        shape.Options.Add(by);
        Example(shape, "milswitch queue shape --by link");
        return new Command("queue", "What waits") { list, shape };
    }

    private Command Message()
    {
        var ids = Ids();
        var show = Remote("show", "Everything known about messages", async (node, arguments, cancellationToken) =>
        {
            var all = new List<string>();
            foreach (var id in ReadIds(arguments.GetValue(ids)))
            {
                var text = await node.GetAsync("/messages/" + Uri.EscapeDataString(id), cancellationToken);
                if (arguments.GetValue(json))
                {
                    all.Add(text);
                    continue;
                }

                if (all.Count > 0) environment.Output.WriteLine();
                all.Add("");
                Rendering.Write(environment.Output, Read(text, ApiJson.Default.MessageView));
            }

            if (arguments.GetValue(json)) environment.Output.WriteLine(all.Count == 1 ? all[0] : $"[{string.Join(",\n", all)}]");
            return ExitCodes.Done;
        });
        show.Arguments.Add(ids);
        Example(show, "milswitch message show 0000G40000040");

        var one = new Argument<string>("ID") { Description = "Of the message; '-' reads it from standard input" };
        var raw = Remote("raw", "The message as it would be sent now, to standard output; audited as viewed", async (node, arguments, cancellationToken) =>
        {
            await using var output = environment.OpenOutput();
            await node.CopyAsync($"/messages/{Uri.EscapeDataString(OneId(arguments.GetRequiredValue(one)))}/raw", output, cancellationToken);
            return ExitCodes.Done;
        });
        raw.Arguments.Add(one);
        Example(raw, "milswitch message raw 0000G40000040 > message.eml");

        var command = new Command("message", "See and act on messages") { show, raw, Structure(), Content(), Decisions(), Custody(), Onward() };
        command.Subcommands.Add(Act("hold", "Keep messages until somebody releases them"));
        command.Subcommands.Add(Act("release", "Let held messages go"));
        command.Subcommands.Add(Act("try", "Try now, whatever the retry time"));
        command.Subcommands.Add(Act("requeue", "Route again and start over"));
        command.Subcommands.Add(Act("reroute", "Send over another link"));
        command.Subcommands.Add(Act("return", "Send back to the originator with a report"));
        command.Subcommands.Add(Act("delete", "Put into the bin; no report"));
        command.Subcommands.Add(Act("restore", "Take back out of the bin"));
        return command;
    }

    private Command Act(string verb, string description)
    {
        var ids = Ids();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say which messages it would be" };
        var yes = new Option<bool>("--yes") { Description = "Don't ask" };
        var link = new Option<string?>("--to-link") { Description = "The link to use instead", Required = verb == "reroute", HelpName = "NAME" };
        var command = Remote(verb, description, async (node, arguments, cancellationToken) =>
        {
            var named = ReadIds(arguments.GetValue(ids), required: false);
            var chosen = filter.ToView(arguments);
            if (named.Count > 0 == chosen is not null) throw new CommandFault(ExitCodes.WrongUse, "name messages by id, '-' for standard input, or choose them with filter options; one of these");
            var request = new ActRequest(verb, chosen is null ? named : null, chosen, arguments.GetRequiredValue(reason), arguments.GetValue(dryRun), verb == "reroute" ? arguments.GetValue(link) : null);
            if (chosen is not null && !request.DryRun)
            {
                if (await ConfirmAsync(node, request, arguments.GetValue(yes) || !environment.IsInputTerminal, cancellationToken) is not { } count) return ExitCodes.Bad;
                request = request with { Expected = count };
            }

            var text = await ActAsync(node, request, Conditions(arguments), cancellationToken);
            Show(arguments, text, ApiJson.Default.ActResultView, view => Rendering.Write(environment.Output, view));
            var result = Read(text, ApiJson.Default.ActResultView);
            environment.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verb}: {result.Done} {(result.DryRun ? "would be done" : "done")}, {result.Failed} failed"));
            return ExitCodes.Of(result);
        });
        command.Arguments.Add(ids);
        filter.AddTo(command);
        foreach (var option in new Option[] { reason, dryRun, yes, key }) command.Options.Add(option);
        if (verb == "reroute") command.Options.Add(link);
        var further = verb == "reroute" ? " --to-link backup" : "";
        return Example(
            command,
            $"milswitch message {verb} 0000G40000040{further} --reason 'asked by the duty officer'",
            $"milswitch message {verb} --link 192.0.2.1:25 --precedence routine{further} --reason 'line is down' --dry-run");
    }

    // Many ids go in several requests, so that a person sees how far it is; those with a key are one request, as the key says.
    private async Task<string> ActAsync(NodeClient node, ActRequest request, RequestConditions conditions, CancellationToken cancellationToken)
    {
        if (request.Ids is not { Count: > IdsAtOnce } all || conditions.Key is not null) return await node.SendAsync(HttpMethod.Post, "/messages/actions", request, ApiJson.Default.ActRequest, conditions, cancellationToken);
        using var progress = new Progress(environment, request.Verb ?? "");
        var outcomes = new List<ActOutcomeView>();
        foreach (var some in all.Chunk(IdsAtOnce))
        {
            var text = await node.SendAsync(HttpMethod.Post, "/messages/actions", request with { Ids = some }, ApiJson.Default.ActRequest, conditions, cancellationToken);
            outcomes.AddRange(Read(text, ApiJson.Default.ActResultView).Outcomes);
            progress.Show(outcomes.Count, all.Count);
        }

        var done = outcomes.Count(o => o.Done);
        return JsonSerializer.Serialize(new ActResultView(request.DryRun, done, outcomes.Count - done, outcomes), ApiJson.Default.ActResultView);
    }

    // A person who chose by a filter is shown how many messages that is, and says the number back. Should there be more by
    // then, the node does nothing.
    private async Task<int?> ConfirmAsync(NodeClient node, ActRequest request, bool unasked, CancellationToken cancellationToken)
    {
        var trial = Read(await node.SendAsync(HttpMethod.Post, "/messages/actions", request with { DryRun = true }, ApiJson.Default.ActRequest, default, cancellationToken), ApiJson.Default.ActResultView);
        if (unasked || trial.Outcomes.Count <= 1) return trial.Outcomes.Count;
        environment.Error.Write(string.Create(CultureInfo.InvariantCulture, $"{request.Verb} would touch {trial.Outcomes.Count} messages. Type the number to go on: "));
        if (environment.Input.ReadLine()?.Trim() == Text.Number(trial.Outcomes.Count)) return trial.Outcomes.Count;
        environment.Error.WriteLine("nothing was done");
        return null;
    }

    private Command Track()
    {
        var messageId = new Option<string?>("--message-id") { Description = "The Message-ID field, exactly", HelpName = "TEXT" };
        var envelopeId = new Option<string?>("--envelope-id") { Description = "The ENVID, exactly", HelpName = "TEXT" };
        var sender = new Option<string?>("--sender") { Description = "Part of the reverse path", HelpName = "TEXT" };
        var recipient = new Option<string?>("--recipient") { Description = "Part of a recipient's address", HelpName = "TEXT" };
        var precedence = new Option<string?>("--precedence") { Description = "The level", HelpName = "LEVEL" };
        var state = new Option<string?>("--state") { Description = "queued, held, binned or done", HelpName = "STATE" };
        var from = new Option<string?>("--from") { Description = "Accepted at this time or later", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "Accepted before this time", HelpName = "TIME" };
        var before = new Option<string?>("--before") { Description = "Go on before this id", HelpName = "ID" };
        var limit = new Option<int?>("--limit") { Description = "At most so many; 100 when absent", HelpName = "N" };
        var trace = new Option<string?>("--trace") { Description = "Instead: a tracer report of this message and of all that it was made of and that was made of it", HelpName = "ID" };
        var secret = SecretOption();
        secret.Description = "With --trace: ask those beyond the switch as well, with the originator's secret; file of it in base64, '-' for standard input";
        var command = Remote("track", "Messages past and present, newest first; exit 3 when there is none", async (node, arguments, cancellationToken) =>
        {
            if (arguments.GetValue(trace) is { } traced)
            {
                foreach (var option in new Option[] { messageId, envelopeId, sender, recipient, precedence, state, from, until, before, limit })
                {
                    if (arguments.GetResult(option) is not null) throw new CommandFault(ExitCodes.WrongUse, $"{option.Name} does nothing with --trace");
                }

                return await TraceAsync(node, arguments, traced, arguments.GetValue(secret), cancellationToken);
            }

            if (arguments.GetValue(secret) is not null) throw new CommandFault(ExitCodes.WrongUse, "--secret-file does nothing without --trace");

            var text = await node.GetAsync("/track" + Query(
                ("messageId", arguments.GetValue(messageId)), ("envelopeId", arguments.GetValue(envelopeId)), ("sender", arguments.GetValue(sender)),
                ("recipient", arguments.GetValue(recipient)), ("precedence", arguments.GetValue(precedence)), ("state", arguments.GetValue(state)),
                ("from", arguments.GetValue(from)), ("until", arguments.GetValue(until)), ("before", arguments.GetValue(before)),
                ("limit", arguments.GetValue(limit)?.ToString(CultureInfo.InvariantCulture))), cancellationToken);
            var found = Read(text, ApiJson.Default.PageMessageView).Items.Count > 0;
            if (found || arguments.GetValue(json)) Show(arguments, text, ApiJson.Default.PageMessageView, page => Rendering.Write(environment.Output, page));
            else environment.Error.WriteLine("milswitch: no message matches");
            return found ? ExitCodes.Done : ExitCodes.NotFound;
        });
        foreach (var option in new Option[] { messageId, envelopeId, sender, recipient, precedence, state, from, until, before, limit, trace, secret }) command.Options.Add(option);
        return Example(command, "milswitch track --recipient ops@example.org --from 2030-01-01T00:00:00Z", "milswitch track --message-id '<1@example.org>' --json", "milswitch track --trace 0000G40000040", "milswitch track --trace 0000G40000040 --secret-file secret.b64");
    }

    private Command Destination()
    {
        var list = Remote("list", "Every link, as each node has it", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/links", cancellationToken), ApiJson.Default.PageLinkView, page => Rendering.Write(environment.Output, page)));
        Example(list, "milswitch dest list");
        var name = new Argument<string>("NAME") { Description = "Of the link" };
        var show = Remote("show", "One link, as this node has it; exit 1 when it is down", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/links/" + Uri.EscapeDataString(arguments.GetRequiredValue(name)), cancellationToken);
            Show(arguments, text, ApiJson.Default.LinkView, view => Rendering.Write(environment.Output, view));
            return Read(text, ApiJson.Default.LinkView).Up ? ExitCodes.Done : ExitCodes.Bad;
        });
        show.Arguments.Add(name);
        Example(show, "milswitch dest show 192.0.2.1:25");
        var again = Remote("try", "Connect at once, in spite of an open breaker", async (node, arguments, cancellationToken) => Show(
            arguments, await node.SendAsync(HttpMethod.Post, $"/links/{Uri.EscapeDataString(arguments.GetRequiredValue(name))}/try", Conditions(arguments), cancellationToken),
            ApiJson.Default.LinkView, view => Rendering.Write(environment.Output, view)));
        again.Arguments.Add(name);
        again.Options.Add(key);
        Example(again, "milswitch dest try 192.0.2.1:25");
        return new Command("dest", "Links to next hops") { list, show, again };
    }

    private Command Route()
    {
        var text = new Argument<string>("ADDRESS") { Description = "A mail address" };
        var precedence = new Option<string>("--precedence") { Description = "The level it would travel at", DefaultValueFactory = _ => "routine", HelpName = "LEVEL" };
        var codes = new Option<string?>("--sic") { Description = "Its subject indicator codes, separated by semicolons", HelpName = "CODES" };
        var type = new Option<string?>("--type") { Description = "Its message type: exercise, operation, project, drill or a number", HelpName = "TYPE" };
        var instructions = new Option<string?>("--instructions") { Description = "Its message and handling instructions, separated by semicolons", HelpName = "TEXTS" };
        var explain = new Option<bool>("--explain") { Description = "Show what was tried in order" };
        var test = Remote("test", "Where an address goes; exit 1 when nowhere", async (node, arguments, cancellationToken) =>
        {
            var answer = await node.GetAsync("/route-test" + Query(
                ("address", arguments.GetRequiredValue(text)), ("precedence", arguments.GetValue(precedence)), ("sic", arguments.GetValue(codes)), ("type", arguments.GetValue(type)), ("instructions", arguments.GetValue(instructions))), cancellationToken);
            Show(arguments, answer, ApiJson.Default.RouteView, view => Rendering.Write(environment.Output, view, arguments.GetValue(explain)));
            return Read(answer, ApiJson.Default.RouteView).Refusal is null ? ExitCodes.Done : ExitCodes.Bad;
        });
        test.Arguments.Add(text);
        foreach (var option in new Option[] { precedence, codes, type, instructions, explain }) test.Options.Add(option);
        Example(test, "milswitch route test ops@example.org --explain", "milswitch route test ops@example.org --precedence flash --sic 'SDM; BRL' --type exercise");
        return new Command("route", "The routing table") { test };
    }

    private int Check(string file, bool asJson)
    {
        var result = ConfigurationReader.Read(file);
        if (asJson)
        {
            var view = new ConfigurationView(false, file, [.. result.Problems.Select(p => new ConfigurationProblemView(p.File, p.Line, p.Key, p.Text))]);
            environment.Output.WriteLine(JsonSerializer.Serialize(view, ApiJson.Default.ConfigurationView));
        }
        else
        {
            foreach (var problem in result.Problems) environment.Output.WriteLine(problem);
        }

        return result.Configuration is null ? ExitCodes.Bad : ExitCodes.Done;
    }

    private int Verifier(string kind)
    {
        if (environment.Input.ReadLine() is not { Length: > 0 } secret) throw new CommandFault(ExitCodes.NotFound, "standard input is empty");
        if (kind == "scram" && !secret.All(c => c is >= ' ' and <= '~')) throw new CommandFault(ExitCodes.WrongUse, "the password holds characters beyond printable ASCII");
        environment.Output.WriteLine(kind == "scram"
            ? ConfigurationReader.Write(ConfigurationReader.MakeScram(secret))
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))));
        return ExitCodes.Done;
    }

    private Command Remote(string name, string description, Func<NodeClient, ParseResult, CancellationToken, Task<int>> action)
    {
        var command = new Command(name, description);
        address.AddTo(command);
        command.Options.Add(json);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var node = address.Open(arguments, environment);
            return await action(node, arguments, cancellationToken);
        });
        return command;
    }

    private Command Example(Command command, params string[] lines)
    {
        examples[command] = lines;
        return command;
    }

    private int Show<T>(ParseResult arguments, string text, JsonTypeInfo<T> type, Action<T> write)
        where T : class
    {
        if (arguments.GetValue(json)) environment.Output.WriteLine(text);
        else write(Read(text, type));
        return ExitCodes.Done;
    }

    // A command has one of the two options, both or none; what it has not was not given.
    private RequestConditions Conditions(ParseResult arguments) => new(arguments.GetValue(key), arguments.GetValue(tag));

    private static T Read<T>(string text, JsonTypeInfo<T> type)
        where T : class => JsonSerializer.Deserialize(text, type) ?? throw new JsonException();

    private static Argument<string[]> Ids() => new("ID") { Description = "Ids of messages; '-' reads them from standard input, one a line", Arity = ArgumentArity.ZeroOrMore };

    private List<string> ReadIds(string[]? named, bool required = true)
    {
        var ids = new List<string>();
        foreach (var id in named ?? [])
        {
            if (id != "-")
            {
                ids.Add(id);
                continue;
            }

            while (environment.Input.ReadLine() is { } line)
            {
                // The first word: the lines of a table will do as well.
                var word = line.AsSpan().Trim();
                var end = word.IndexOfAny(' ', '\t');
                if (!word.IsEmpty) ids.Add((end < 0 ? word : word[..end]).ToString());
            }
        }

        if (ids.Count == 0 && (required || named is { Length: > 0 })) throw new CommandFault(ExitCodes.WrongUse, "no id was given");
        return ids;
    }

    internal static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in parameters)
        {
            if (!string.IsNullOrEmpty(value)) query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return query.ToString();
    }

    private sealed class HelpWithExamples(HelpAction help, Dictionary<Command, string[]> examples, TextWriter output) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            if (!examples.TryGetValue(parseResult.CommandResult.Command, out var lines)) return ExitCodes.Done;
            output.WriteLine("Examples:");
            foreach (var line in lines) output.WriteLine("  " + line);
            output.WriteLine();
            return ExitCodes.Done;
        }
    }
}
