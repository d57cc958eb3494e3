using System.Diagnostics;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Commands;
using MimeKit;

namespace MilSwitch.Host.Demo;

/// <summary>Plays the stories in turn and says of each what was expected and what happened.</summary>
internal sealed class DemoStories(DemoStage stage, CommandEnvironment environment)
{
    private const string Originator = "duty.officer@home.test";
    private const string Recipient = "operations@sink.test";
    private const string Body = "This is a demonstration.";

    /// <summary>What the neighbour takes for one message on a slow link.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(50);

    private DemoNeighbour Neighbour => stage.Neighbour;

    /// <summary>True when all came out as expected.</summary>
    public async Task<bool> PlayAsync(CancellationToken cancellationToken)
    {
        var protection = new DemoProtectionStories(stage);
        var labels = new DemoLabelStories(stage);
        var boundary = new DemoBoundaryStories(stage);
        var receipts = new DemoReceiptStories(stage);
        var proxies = new DemoProxyStories(stage, boundary);
        (string Title, string Expected, Func<CancellationToken, Task<(bool Good, string Actual)>> Story)[] stories =
        [
            ("Routine mail", "arrives whole within 5 s, with this switch's Received field", RoutineAsync),
            ("FLASH behind 5,000 Routine on a slow link", "FLASH arrives within 1 s, with more than 4,500 Routine still waiting; all 5,000 arrive after it", FlashAsync),
            ("Destination down, then back", "the link is down and 20 of 20 wait; they arrive when it is back", DownAsync),
            ("kill -9 with 2,000 messages in flight", "2,000 of 2,000 arrive after the restart; what arrives twice is marked", KillAsync),
            ("Expired message", "the originator gets a report: failed, 5.4.7", ExpiryAsync),
            ("MINIMIZE", "FLASH passes, Routine waits in the queue and arrives when it is lifted", MinimizeAsync),
            ("Signed", "leaves signed for the domain by a key that is on a token: valid", protection.SignedAsync),
            ("Encrypted", "nobody on the way reads text or subject; with the recipient's key: valid, signed inside", protection.EncryptedAsync),
            ("Triple-wrapped", "passes octet for octet; the outer signature is good without the key, all three layers with it", protection.TripleAsync),
            ("Bad signature", "Authentication-Results says smime=pass of the genuine message and smime=fail of the changed one", protection.ForgedAsync),
            ("Token pulled out and back", "an alarm; FLASH waits unsent while it is out, and arrives signed, valid, when it is back", protection.PulledOutAsync),
            ("Labelled and permitted", "ALFA RESTRICTED over a link that is cleared up to SECRET: arrives with its label", labels.PermittedAsync),
            ("Label above the link's clearance", "ALFA SECRET CODEWORD GRANITE, cleared up to RESTRICTED: taken and held, never sent; the operator reads what was needed and what was there", labels.AboveAsync),
            ("Label translated by equivalence", "ALFA SECRET CODEWORD GRANITE arrives as COALITION SECRET SPECIAL ACCESS AMBER, with history; the signature says the same, and what it was", labels.TranslatedAsync),
            ("Carriers disagree", "signed as ALFA SECRET, the field lowered to RESTRICTED on the way: held, because they differ in the classification", labels.DisagreeingAsync),
            ("Unlabelled into a domain that requires a label", "taken and held, never sent, because it has no label", labels.UnlabelledAsync),
            ("Plain client to plain client", "in clear at both ends, told of as signed by the domain and by no person; between the two domains signed and encrypted, as openssl sees it", boundary.PlainAsync),
            ("Encrypted to the gateway", "opened at the boundary, ALFA RESTRICTED becomes COALITION RESTRICTED, signed for the domain and encrypted for the other one, as openssl sees it", boundary.GatewayAsync),
            ("Tampered outer header", "another From on the outside of a sealed message: held, never sent", boundary.TamperedAsync),
            ("Surreptitious forwarding", "a sealed message sent on to somebody whom its author does not name: held, never sent", boundary.ForwardedAsync),
            ("Label too high, two persons", "ALFA SECRET over a boundary that is cleared up to COALITION RESTRICTED: held; one person does not do, two do", boundary.TwoPersonsAsync),
            ("Proxy certificate round trip", "a client finds a certificate of its recipient abroad, good for that domain alone, and seals with it; opened at the boundary, sealed anew for the other domain, in the log", proxies.RoundTripAsync),
            ("Ceiling and originator's wish", "ALFA SECRET gets no certificate (403), and sealed with one all the same it is held; a message that says deny inside is held", proxies.WishesAsync),
            ("EICAR", "the test virus in an attachment: held by the scanner's verdict, never sent", boundary.VirusAsync),
            ("Signed DSN verified", "a sealed message fails beyond the boundary: its report comes back signed for the domain, with the label, encrypted for its originator, and returns nothing of it; openssl decrypts and verifies it", receipts.SignedReportAsync),
            ("Receipt relayed", "somebody else's receipt is held; of the recipient's the originator gets one over his own values, signed for the domain, recipient-verified, with the recipient's own attached; openssl verifies both", receipts.RelayedReceiptAsync),
            ("Draft, review, release with countersignature", "nothing leaves before the chief of staff's signed answer; then it names the desk and the time of release, and the desk's signature stands on the drafter's", stage.Formal.ReleaseAsync),
            ("Unreleased mail stopped at the border", "with the field and no signature of the desk it comes back; what was released passes", stage.Formal.BorderAsync),
            ("List with one member not cleared", "ALFA SECRET to a list: the member who is cleared has it, the other's copy is held and never sent", stage.Formal.ListAsync),
            ("Profiled by SIC, no acknowledgment, alternate", "by its subject indicator code to the captain for action and to logistics for information; the captain does not acknowledge: the mate gets it", stage.Formal.ProfileAsync),
            ("ACP 127 in, S/MIME out", "a message from a folder becomes mail with its identifier and leaves signed for the domain: valid; a garbled one is held with its line, never sent", new DemoAcp127Story(stage).PlayAsync),
        ];
        var watch = Stopwatch.StartNew();
        var unexpected = 0;
        for (var i = 0; i < stories.Length; i++)
        {
            var (title, expected, story) = stories[i];
            if (!await TellAsync($"{i + 1}. {title}", expected, story, cancellationToken)) unexpected++;
        }

        environment.Output.WriteLine(unexpected is 0
            ? Invariant($"\nAll {stories.Length} stories came out as expected, in {watch.Elapsed.TotalSeconds:0} s.\n")
            : Invariant($"\n{unexpected} of {stories.Length} stories did NOT come out as expected.\n"));
        return unexpected is 0;
    }

    private async Task<(bool Good, string Actual)> RoutineAsync(CancellationToken cancellationToken)
    {
        const string subject = "Weekly return";
        var watch = Stopwatch.StartNew();
        await SendAsync(subject, Precedence.Routine, cancellationToken);
        if (!await ComesAsync(() => Find(subject).Count is 1, 5, cancellationToken)) return (false, "did not arrive");
        var taken = watch.ElapsedMilliseconds;
        var arrival = Find(subject)[0];
        var whole = arrival.Recipients.SequenceEqual([Recipient]) && arrival.ReversePath == Originator && Read(arrival) is { TextBody: { } text } && text.Trim() == Body;
        var traced = Read(arrival).Headers[HeaderId.Received]?.Contains("by demo", StringComparison.Ordinal) is true;
        return (whole && traced, Invariant($"arrived after {taken} ms{(whole ? ", whole" : ", but changed")}{(traced ? "" : ", without a Received field")}"));
    }

    private async Task<(bool Good, string Actual)> FlashAsync(CancellationToken cancellationToken)
    {
        const int backlog = 5000;
        const string routine = "Stores list", flash = "Contact report";
        Neighbour.Delay = DemoNeighbour.Forever;
        await SendManyAsync(routine, backlog, cancellationToken);
        Neighbour.Delay = Slow;
        var watch = Stopwatch.StartNew();
        await SendAsync(flash, Precedence.Flash, cancellationToken);
        var fast = await ComesAsync(() => Find(flash).Count is 1, 1, cancellationToken);
        var (taken, waiting) = (watch.ElapsedMilliseconds, backlog - Find(routine).Count);
        Neighbour.Delay = TimeSpan.Zero;
        var all = await ArriveAsync(routine, backlog, 120, cancellationToken);
        return (fast && waiting > 4500 && all, Invariant($"FLASH {(fast ? "arrived" : "was not there")} after {taken} ms, {waiting:N0} Routine still waiting; then {Subjects(routine):N0} of {backlog:N0} arrived"));
    }

    private async Task<(bool Good, string Actual)> DownAsync(CancellationToken cancellationToken)
    {
        const int count = 20;
        const string subject = "While you were out";
        Neighbour.Leave();
        await SendManyAsync(subject, count, cancellationToken);
        // The operator's own verb: exit 1 means that the link is down.
        var down = await ComesAsync(async () => (await stage.Switch.TryCommandAsync(cancellationToken, "dest", "show", DemoStage.Link)).ExitCode is ExitCodes.Bad, 20, cancellationToken);
        var queued = 0;
        await ComesAsync(async () => (queued = await stage.QueuedAsync(cancellationToken)) is count, 10, cancellationToken);
        var early = Subjects(subject);
        Neighbour.ComeBack();
        var watch = Stopwatch.StartNew();
        var all = await ArriveAsync(subject, count, 60, cancellationToken);
        return (
            down && queued is count && early is 0 && all,
            Invariant($"the link was {(down ? "down" : "not down")} and {queued} waited; {Subjects(subject)} of {count} arrived within {watch.Elapsed.TotalSeconds:0.0} s of its return"));
    }

    private async Task<(bool Good, string Actual)> KillAsync(CancellationToken cancellationToken)
    {
        const int count = 2000;
        const string subject = "Situation report";
        // The neighbour reads, keeps quiet, and so leaves the switch in doubt about what it is sending just then.
        Neighbour.Delay = DemoNeighbour.Forever;
        await SendManyAsync(subject, count, cancellationToken);
        var inFlight = count - Subjects(subject);
        await stage.Switch.KillAsync();
        Neighbour.Delay = TimeSpan.Zero;
        var watch = Stopwatch.StartNew();
        await stage.Switch.StartAsync(cancellationToken);
        var ready = watch.Elapsed;
        var all = await ArriveAsync(subject, count, 120, cancellationToken);
        var done = await ComesAsync(async () => await stage.QueuedAsync(cancellationToken) is 0, 30, cancellationToken);
        var repeated = Find(subject).GroupBy(a => a.Subject, StringComparer.Ordinal).Where(g => g.Count() > 1).ToList();
        var unmarked = repeated.Sum(g => g.Skip(1).Count(a => !a.Suspected));
        return (
            inFlight is count && all && done && unmarked is 0,
            Invariant($"killed with {inFlight:N0} in flight, ready again after {ready.TotalSeconds:0.0} s; {Subjects(subject):N0} of {count:N0} arrived, {repeated.Count} of them twice, {unmarked} unmarked"));
    }

    private async Task<(bool Good, string Actual)> ExpiryAsync(CancellationToken cancellationToken)
    {
        const string lost = "nobody@unreachable.test";
        var before = Neighbour.Count;
        await SendAsync("Lost cause", Precedence.Deferred, cancellationToken, lost);
        var watch = Stopwatch.StartNew();
        var returned = await ComesAsync(() => Neighbour.Count > before && Failure() is not null, 40, cancellationToken);
        return (returned, returned ? Invariant($"report from <> to <{Originator}> after {watch.Elapsed.TotalSeconds:0.0} s: {lost} {Failure()}") : "no report came");

        // The outcome of the recipient in a report to the originator with a null reverse path; null when there is none.
        string? Failure()
        {
            foreach (var report in Neighbour.Arrivals.Where(a => a.ReversePath.Length is 0 && a.Recipients.Contains(Originator)))
            {
                foreach (var group in Read(report).BodyParts.OfType<MessageDeliveryStatus>().SelectMany(s => s.StatusGroups))
                {
                    if (group["Final-Recipient"]?.EndsWith(lost, StringComparison.Ordinal) is true && group["Action"]?.Trim() is "failed" && group["Status"]?.Trim() is "5.4.7") return "failed, 5.4.7";
                }
            }

            return null;
        }
    }

    private async Task<(bool Good, string Actual)> MinimizeAsync(CancellationToken cancellationToken)
    {
        const string low = "Canteen menu", high = "Air raid warning";
        var order = await stage.Switch.CommandAsync(cancellationToken, "minimize", "set", "--scope", "node", "--level", "immediate", "--reason", "demonstration");
        await SendAsync(low, Precedence.Routine, cancellationToken);
        await SendAsync(high, Precedence.Flash, cancellationToken);
        var passed = await ComesAsync(() => Find(high).Count is 1, 5, cancellationToken);
        var onlyOne = await ComesAsync(async () => await stage.QueuedAsync(cancellationToken) is 1, 5, cancellationToken);
        var waited = onlyOne && Find(low).Count is 0;
        await stage.Switch.CommandAsync(cancellationToken, "minimize", "cancel", order, "--reason", "demonstration");
        var arrived = await ComesAsync(() => Find(low).Count is 1, 10, cancellationToken);
        return (
            passed && waited && arrived,
            $"FLASH {(passed ? "passed" : "did not pass")}, Routine {(waited ? "waited" : "did not wait")} and {(arrived ? "arrived" : "did not arrive")} afterwards");
    }

    private async Task<bool> TellAsync(string title, string expected, Func<CancellationToken, Task<(bool Good, string Actual)>> story, CancellationToken cancellationToken)
    {
        environment.Output.WriteLine($"\n{title}\n   expected: {expected}");
        bool good;
        string actual;
        try
        {
            Neighbour.Delay = TimeSpan.Zero;
            (good, actual) = await story(cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            // A story that breaks off is one that did not come out as expected; the others are still worth telling.
            (good, actual) = (false, fault.Message);
        }

        environment.Output.WriteLine($"   actual:   {actual}{(good ? "" : "   <-- NOT AS EXPECTED")}");
        return good;
    }

    private List<DemoArrival> Find(string subject) => [.. Neighbour.Arrivals.Where(a => a.ReversePath.Length > 0 && a.Subject.StartsWith(subject, StringComparison.Ordinal))];

    // Each once, however often it came.
    private int Subjects(string subject) => Find(subject).Select(a => a.Subject).Distinct(StringComparer.Ordinal).Count();

    private static MimeMessage Read(DemoArrival arrival)
    {
        using var octets = new MemoryStream(Encoding.Latin1.GetBytes(arrival.Text));
        return MimeMessage.Load(octets);
    }

    private async Task SendAsync(string subject, Precedence precedence, CancellationToken cancellationToken, string to = Recipient)
    {
        await using var client = await DemoClient.ConnectAsync(stage.Endpoint, cancellationToken);
        await client.SendAsync(Originator, [to], subject, Body, precedence, cancellationToken);
    }

    // Over a few connections, as several users would.
    private async Task SendManyAsync(string subject, int count, CancellationToken cancellationToken)
    {
        const int users = 8;
        var sent = 0;
        await Task.WhenAll(Enumerable.Range(0, users).Select(async user =>
        {
            await using var client = await DemoClient.ConnectAsync(stage.Endpoint, cancellationToken);
            for (var i = user; i < count; i += users)
            {
                await client.SendAsync(Originator, [Recipient], Invariant($"{subject} {i + 1}"), Body, Precedence.Routine, cancellationToken);
                if (Interlocked.Increment(ref sent) is var now && now % 1000 is 0) environment.Error.WriteLine(Invariant($"   … {now:N0} of {count:N0} handed in"));
            }
        }));
    }

    private async Task<bool> ArriveAsync(string subject, int count, int seconds, CancellationToken cancellationToken)
    {
        var told = Stopwatch.StartNew();
        return await ComesAsync(
            () =>
            {
                var arrived = Subjects(subject);
                if (arrived < count && told.Elapsed > TimeSpan.FromSeconds(2))
                {
                    told.Restart();
                    environment.Error.WriteLine(Invariant($"   … {arrived:N0} of {count:N0} arrived"));
                }

                return arrived >= count;
            },
            seconds, cancellationToken);
    }

    internal static Task<bool> ComesAsync(Func<bool> condition, int seconds, CancellationToken cancellationToken) =>
        ComesAsync(() => Task.FromResult(condition()), seconds, cancellationToken);

    internal static async Task<bool> ComesAsync(Func<Task<bool>> condition, int seconds, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(seconds)) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }

        return true;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
