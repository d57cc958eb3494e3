using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Alarms;

namespace MilSwitch.Host.Tests.Alarms;

public sealed class AlarmConfigurationTests : IDisposable
{
    private readonly ConfigurationFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_all_of_it()
    {
        files.Write("pager.secret", "0123456789abcdef\n", secret: true);
        var configuration = files.Good(Text("""
            alarms:
              flood: 5
              chattering: { count: 3, within: 2m, quiet: 1m }
              speed-of-service: { window: 1h, target: 90, minimum: 5 }
              queue-growing: { window: 5m, minimum: 50 }
              unattended: { flash: 30s, routine: none }
              store-latency: 500ms
              space-growth: 1h
              token-errors: 7
              certificates: 60d
              dead-letters: 10
              notifiers:
                - { name: duty, per-hour: 6, mail: { listener: msa, from: a@a.example, to: [b@b.example, c@b.example], precedence: flash } }
                - { name: pager, web-hook: { url: "https://pager.example/x", secret: { file: pager.secret }, timeout: 3s } }
                - { name: bell, command: { run: [/bin/echo, -n, loud], timeout: 4s } }
              escalations:
                - { notifier: bell, severity: critical, after: 0, repeat: 1m, times: 3 }
                - { notifier: pager, after: 5m, kinds: [link, token] }
            """));
        var alarms = configuration.Switch.Alarms;
        Assert.Equal((5, 3, 90, 50, 7, 10), (alarms.FloodPerMinute, alarms.Chatter.Count, alarms.SpeedTarget, alarms.GrowthMinimum, alarms.TokenErrors, alarms.DeadLetters));
        Assert.Equal((TimeSpan.FromSeconds(30), null, TimeSpan.FromMinutes(45)), (alarms.Unattended[(int)Precedence.Flash], alarms.Unattended[(int)Precedence.Routine], alarms.Unattended[(int)Precedence.Priority]));
        Assert.Equal(["duty", "pager", "bell"], configuration.Notifiers.Select(n => n.Name));
        Assert.Equal("-n loud", string.Join(' ', Assert.IsType<NotifierSettings.Command>(configuration.Notifiers[2]).Arguments));
        Assert.Equal((AlarmSeverity.Critical, TimeSpan.FromMinutes(1), 3), (alarms.Escalations[0].From, alarms.Escalations[0].Repeat, alarms.Escalations[0].Most));
        Assert.Equal("link token", string.Join(' ', alarms.Escalations[1].Kinds));
    }

    [Theory]
    [InlineData("notifiers: [{ name: a, web-hook: { url: \"http://pager.example/\", secret: { file: s } } }]", "http goes no further than this machine")]
    [InlineData("notifiers: [{ name: a, web-hook: { url: \"https://pager.example/\", secret: open } }]", "must not stand in the configuration")]
    [InlineData("notifiers: [{ name: a, web-hook: { url: \"https://pager.example/\", secret: { file: short } } }]", "has fewer than 16 characters")]
    [InlineData("notifiers: [{ name: a, web-hook: { url: \"ftp://pager.example/\", secret: { file: s } } }]", "is not an address such as")]
    [InlineData("notifiers: [{ name: a, command: { run: [bell] } }]", "is not the full path of a program")]
    [InlineData("notifiers: [{ name: a, command: { run: [/nowhere/bell] } }]", "does not exist")]
    [InlineData("notifiers: [{ name: a }]", "needs one of mail, web-hook and command")]
    [InlineData("notifiers: [{ name: a, mail: { listener: mta, from: a@a.example, to: [b@b.example] } }]", "is not for submission")]
    [InlineData("escalations: [{ notifier: none, after: 1m }]", "there is no notifier 'none'")]
    [InlineData("unattended: { flash: 30 }", "is not a time")]
    [InlineData("floods: 3", "unknown key; did you mean")]
    public void Says_what_is_wrong(string line, string problem)
    {
        files.Write("s", "0123456789abcdef\n", secret: true);
        files.Write("short", "0123\n", secret: true);
        Assert.Contains(files.Problems(Text("alarms:\n  " + line + "\n")), p => p.Contains(problem, StringComparison.Ordinal));
    }

    private static string Text(string alarms) =>
        ConfigurationFiles.Minimum.Replace("role: relay }", "role: relay }\n  - { name: msa, endpoint: \"127.0.0.1:2587\", role: submission }", StringComparison.Ordinal) + "\n" + alarms;
}
