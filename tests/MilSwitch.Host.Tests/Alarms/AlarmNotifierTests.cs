using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Alarms;
using MilSwitch.Host.Running;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests.Alarms;

/// <summary>People outside of the switch are told: over HTTP, by a program, by mail of the switch itself.</summary>
public sealed class AlarmNotifierTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Secret = "CANARY-secret-0123456789"u8.ToArray();

    private static readonly AlarmNotification Link = new(
        "n1", Now, [AlarmRecord.Observe(null, "n1", "link:north", new Alarm("link:north", "link down: \"north\"", Now), new AlarmChatter(), Now)!]);

    [Fact]
    public async Task A_web_hook_gets_what_it_can_prove_and_is_tried_again()
    {
        await using var server = await Receiver.StartAsync(503, 200);
        Assert.Null(await WebHookNotifier.NotifyAsync(Hook(server, "/hook"), Link, TimeProvider.System, default));
        Assert.Equal(2, server.Heard.Count);
        var (headers, body) = server.Heard.Last();
        // As a receiver would: from what stands in the documentation.
        var stamp = headers["MilSwitch-Timestamp"];
        Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Secret, Encoding.UTF8.GetBytes($"{stamp}.{body}"))), headers["MilSwitch-Signature"]);
        Assert.True(DateTimeOffset.FromUnixTimeSeconds(long.Parse(stamp!, CultureInfo.InvariantCulture)) > DateTimeOffset.UnixEpoch);
        var alarm = JsonDocument.Parse(body).RootElement.GetProperty("alarms")[0];
        Assert.Equal(("link:north", "high", "link down: \"north\""), (alarm.GetProperty("id").GetString(), alarm.GetProperty("severity").GetString(), alarm.GetProperty("text").GetString()));
        Assert.Equal("unacknowledged", alarm.GetProperty("state").GetString());
        Assert.False(alarm.TryGetProperty("cleared", out _));

        var over = Link with { Alarms = [AlarmRecord.Observe(Link.Alarms[0], "n1", "link:north", null, new AlarmChatter(), Now.AddMinutes(3))!] };
        Assert.Null(await WebHookNotifier.NotifyAsync(Hook(server, "/hook"), over, TimeProvider.System, default));
        alarm = JsonDocument.Parse(server.Heard.Last().Body).RootElement.GetProperty("alarms")[0];
        Assert.Equal(("returned", Now.AddMinutes(3)), (alarm.GetProperty("state").GetString(), alarm.GetProperty("cleared").GetDateTimeOffset()));
    }

    [Theory]
    [InlineData(302, "the server answers 302")]
    [InlineData(404, "the server answers 404")]
    public async Task What_will_not_get_better_is_not_tried_again_and_nothing_is_followed(int status, string fault)
    {
        await using var server = await Receiver.StartAsync(status);
        Assert.Equal(fault, await WebHookNotifier.NotifyAsync(Hook(server, "/hook"), Link, TimeProvider.System, default));
        Assert.Single(server.Heard);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        await using var server = await Receiver.StartAsync(0);
        var hook = Hook(server, "/hook") with { Limit = TimeSpan.FromMilliseconds(100) };
        Assert.Equal("the server does not answer in time", await WebHookNotifier.NotifyAsync(hook, Link, TimeProvider.System, default));
    }

    [Fact]
    public async Task A_program_gets_the_alarms_and_nothing_else()
    {
        using var files = new ConfigurationFiles();
        var program = Script(files, "#!/bin/sh\ncat > \"$1/told\"\nenv | sort > \"$1/env\"\necho much; exit ${2:-0}\n");
        Assert.Null(await CommandNotifier.NotifyAsync(new NotifierSettings.Command("bell", program, [files.Folder]), Link, TimeProvider.System, default));
        using var told = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(files.Folder, "told")));
        Assert.Equal("link:north", told.RootElement.GetProperty("alarms")[0].GetProperty("id").GetString());
        Assert.Equal(["LANG", "PATH", "PWD"], (await File.ReadAllLinesAsync(Path.Combine(files.Folder, "env"))).Select(l => l.Split('=')[0]).Where(n => n is not ("_" or "SHLVL" or "OLDPWD")));
        Assert.Equal("the program ended with exit code 3", await CommandNotifier.NotifyAsync(new NotifierSettings.Command("bell", program, [files.Folder, "3"]), Link, TimeProvider.System, default));
        Assert.Equal("the program can't be started", await CommandNotifier.NotifyAsync(new NotifierSettings.Command("bell", "/nowhere/bell", []), Link, TimeProvider.System, default));
    }

    [Fact]
    public async Task A_program_that_takes_too_long_is_killed_with_all_that_it_started()
    {
        using var files = new ConfigurationFiles();
        var program = Script(files, "#!/bin/sh\nsleep 600 &\necho $! > \"$1/child\"\nwait\n");
        var command = new NotifierSettings.Command("bell", program, [files.Folder]) { Limit = TimeSpan.FromSeconds(2) };
        Assert.Equal("the program took too long and was killed", await CommandNotifier.NotifyAsync(command, Link, TimeProvider.System, default));
        var child = (await File.ReadAllTextAsync(Path.Combine(files.Folder, "child"))).Trim();
        await Eventually.ComesTrueAsync(() => Task.FromResult(!IsRunning(child)), Patience, "its child is gone");

        // A zombie has ended: nobody has asked for its end yet.
        static bool IsRunning(string id)
        {
            try
            {
                return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_configuration_that_was_refused_is_told_by_mail_of_the_switch_and_in_the_trail_when_it_is_tried()
    {
        await using var stage = await PostStage.StartAsync(_ => """
            alarms:
              notifiers:
                - { name: duty, per-hour: 3, mail: { listener: msa, from: alarms@a.example, to: [duty@b.example], precedence: flash } }
              escalations:
                - { notifier: duty, after: 0 }
            """);
        var tried = await stage.RunAsync("", "alarm", "test", "duty", "--reason", "first day");
        Assert.True(tried.ExitCode is 0, tried.Error + tried.Output);
        await stage.Sink.WaitForAsync(1, Patience);
        Assert.Equal("Test of alarms of n1", stage.Sink.Transactions[0].Field("Subject"));

        var good = await File.ReadAllTextAsync(Path.Combine(stage.Files.Folder, "milswitch.yaml"));
        stage.Files.Write("milswitch.yaml", "nonsense: true\n");
        Assert.NotEmpty(await stage.Service<ConfigurationHolder>().ReloadAsync());
        await stage.Sink.WaitForAsync(2, Patience);
        var mail = stage.Sink.Transactions[1];
        Assert.Equal(("MEDIUM: configuration on n1", "auto-generated"), (mail.Field("Subject"), mail.Field("Auto-Submitted")));
        Assert.Contains("NOTIFY=NEVER", mail.Recipients[0], StringComparison.Ordinal);
        Assert.Contains("operations/runbooks/configuration.md", PostStage.Text(mail), StringComparison.Ordinal);
        var seen = await stage.RunAsync("", "alarm", "ack", "configuration", "--note", "my mistake");
        Assert.True(seen.ExitCode is 0, seen.Error);
        var history = await stage.RunAsync("", "alarm", "history", "configuration");
        Assert.Contains("notified", history.Output, StringComparison.Ordinal);
        Assert.Contains("my mistake", history.Output, StringComparison.Ordinal);
        stage.Files.Write("milswitch.yaml", good);
        Assert.Empty(await stage.Service<ConfigurationHolder>().ReloadAsync());
        await stage.Sink.WaitForAsync(3, Patience);
        Assert.Equal("Over: configuration on n1", stage.Sink.Transactions[2].Field("Subject"));
        // Three are all that this hour has.
        Assert.Equal(1, (await stage.RunAsync("", "alarm", "test", "duty", "--reason", "again")).ExitCode);
        Assert.Equal(2, (await stage.Spool.ReadAuditAsync(default)).Count(a => a.Kind is AuditKind.AlarmTested));
    }

    private static NotifierSettings.WebHook Hook(Receiver server, string path) => new("pager", new Uri(server.Address + path), Secret);

    private static string Script(ConfigurationFiles files, string text)
    {
        var path = files.Write("bell", text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private sealed class Receiver : IAsyncDisposable
    {
        private WebApplication app = null!;

        public string Address => app.Urls.First();

        public ConcurrentQueue<(Dictionary<string, string?> Headers, string Body)> Heard { get; } = new();

        /// <param name="statuses">In their order; the last one repeats. 0: never answers.</param>
        public static async Task<Receiver> StartAsync(params int[] statuses)
        {
            var receiver = new Receiver();
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            receiver.app = builder.Build();
            receiver.app.Run(async context =>
            {
                using var reader = new StreamReader(context.Request.Body);
                var status = statuses[Math.Min(receiver.Heard.Count, statuses.Length - 1)];
                receiver.Heard.Enqueue((context.Request.Headers.ToDictionary(h => h.Key, h => (string?)h.Value), await reader.ReadToEndAsync()));
                if (status is 0) await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Response.StatusCode = status is 0 ? 200 : status;
                if (status is 302) context.Response.Headers.Location = "/elsewhere";
            });
            await receiver.app.StartAsync();
            return receiver;
        }

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
