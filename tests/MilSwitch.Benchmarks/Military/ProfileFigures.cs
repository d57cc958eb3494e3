using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Mime;

namespace MilSwitch.Benchmarks.Military;

/// <summary>A plan of 5,000 rules: microseconds of the thread's processor time for each message, without and with reading its facts.</summary>
internal static class ProfileFigures
{
    private const int Rules = 5_000;
    private const int Messages = 1_000;
    private static readonly DateTimeOffset At = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    public static void Run()
    {
        Console.WriteLine("5,000 rules, one message        decide µs   read and decide µs   garbage   matches");
        Measure("ten codes each, text of 4 KiB", i => With(i, codes: true), 4 << 10);
        Measure("words only, text of 4 KiB", i => With(i, codes: false), 4 << 10);
        Measure("words only, text of 64 KiB", i => With(i, codes: false), 64 << 10);
        Measure("all under one code, none fits", i => With(i, codes: false) with { Codes = [Pattern("K*")], Precedences = [Precedence.Override] }, 4 << 10);
    }

    private static ProfileRule With(int i, bool codes)
    {
        var rule = new ProfileRule { Name = string.Create(CultureInfo.InvariantCulture, $"r{i}"), Action = [Mailbox.Parse(string.Create(CultureInfo.InvariantCulture, $"u{i}@hq.example.org"))] };
        return codes
            ? rule with { Codes = [.. Enumerable.Range(0, 10).Select(j => Pattern(Code((i * 10) + j)))] }
            : rule with { Words = [string.Create(CultureInfo.InvariantCulture, $"word{i}"), string.Create(CultureInfo.InvariantCulture, $"word{i} other{i}")] };
    }

    private static SicPattern Pattern(string text) => SicPattern.TryParse(text, out var pattern) ? pattern : throw new FormatException(text);

    private static string Code(int n) => string.Create(CultureInfo.InvariantCulture, $"{(char)('A' + (n / 1_000 % 26))}{n % 1_000:D3}{n / 26_000}");

    private static void Measure(string name, Func<int, ProfileRule> rule, int text)
    {
        var profiler = new Profiler(new ProfilePlan("p", [.. Enumerable.Range(0, Rules).Select(rule)]));
        var body = new StringBuilder();
        // Every fourth word is one that a rule looks for.
        for (var i = 0; body.Length < text; i++) body.Append(string.Create(CultureInfo.InvariantCulture, $"{(i % 4 is 0 ? "word" : "plain")}{(i % 4 is 0 ? i % 200 : i % 977)} ")).Append(i % 12 is 11 ? "\r\n" : "");
        var octets = Encoding.ASCII.GetBytes($"From: a@x.example\r\nSubject: order\r\nMMHS-Subject-Indicator-Codes: K0010; A0050; C7770\r\n\r\n{body}");
        var subject = Read();
        var decide = Best(() => profiler.Decide(subject, At), out var garbage);
        var both = Best(() => profiler.Decide(Read(), At), out _);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-30}  {decide,10:N1}   {both,18:N1}   {garbage,7:N0}   {profiler.Decide(subject, At).Matches.Length,7}"));

        ProfileSubject Read() => ProfileFacts.Read(octets, Precedence.Routine, ProfileRole.Action, null);
    }

    private static double Best(Action work, out long garbage)
    {
        for (var i = 0; i < Messages; i++) work();
        var best = double.MaxValue;
        garbage = 0;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Smime.ThreadClock.Now;
            for (var i = 0; i < Messages; i++) work();
            best = Math.Min(best, (Smime.ThreadClock.Now - start) / Messages * 1e6);
            garbage = (GC.GetAllocatedBytesForCurrentThread() - before) / Messages;
        }

        return best;
    }
}
