using System.Text.Json;
using Microsoft.Playwright;
using MilSwitch.Testing;

namespace MilSwitch.Browser;

/// <summary>The acts that are needed less often, each in its form, judged by what the switch says afterwards.</summary>
[Trait("Category", "Integration")]
public sealed class FurtherActTests(ConsoleStage stage) : IClassFixture<ConsoleStage>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [BrowserFact]
    public async Task Alarms_are_acknowledged_put_aside_and_taken_back()
    {
        await Eventually.ComesTrueAsync(async () => (await AlarmsAsync()).Contains("link:", StringComparison.Ordinal), Patience, "a link that is down has an alarm");
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/alarms");
        var alarm = (await visit.Page.Locator("details[id^=act-ack-]").First.GetAttributeAsync("id"))!["act-ack-".Length..];
        await visit.DoAsync("ack-" + alarm, reason: null, ("note", "known"));
        await visit.OpenAsync("/alarms");
        await Assertions.Expect(visit.Page.Locator($"[id='a-{alarm}']")).ToContainTextAsync("by chief");
        await visit.DoAsync("shelve-" + alarm, "until the morning", ("for", "2h"));
        Assert.Contains("until the morning", await AlarmsAsync("--show", "shelved"), StringComparison.Ordinal);
        await visit.OpenAsync("/alarms?scope=shelved");
        await visit.DoAsync("unshelve-" + alarm, "sooner");
        Assert.DoesNotContain("until the morning", await AlarmsAsync("--show", "shelved"), StringComparison.Ordinal);
        Assert.Empty(visit.Complaints);

        // Its exit code says that there are some.
        async Task<string> AlarmsAsync(params string[] which) => (await stage.Switch.CommandAsync(["alarm", "list", "--json", .. which])).Output;
    }

    [BrowserFact]
    public async Task A_link_is_tried_and_put_to_silence()
    {
        await using var visit = await stage.VisitAsync("deputy");
        await visit.OpenAsync("/links");
        await visit.Page.Locator("th a[href^='/links/']").First.ClickAsync();
        await visit.Page.WaitForURLAsync("**/links/*");
        var path = new Uri(visit.Page.Url).AbsolutePath;
        Assert.Contains("is being tried", await visit.DoAsync("try", reason: null), StringComparison.Ordinal);
        await visit.OpenAsync(path);
        var order = (await visit.DoAsync("suspend", "work on the line", ("for", "1h"))).Split(' ')[1];
        Assert.Contains(order, await stage.CommandAsync("rule", "list"), StringComparison.Ordinal);
        await visit.OpenAsync("/rules");
        await visit.DoAsync("end-" + order, "done");
        Assert.DoesNotContain(order, await stage.CommandAsync("rule", "list"), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task Levels_are_set_dialogues_recorded_and_the_bundle_is_taken()
    {
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/telemetry");
        await visit.Page.ClickAsync("#act-level summary");
        await visit.Page.SelectOptionAsync("#act-level [name=level]", "debug");
        await visit.DoAsync("level", "looking", opened: true, ("category", "MilSwitch.Smtp"), ("for", "5m"));
        Assert.Contains("MilSwitch.Smtp", await stage.CommandAsync("log", "show"), StringComparison.Ordinal);
        await visit.OpenAsync("/telemetry");
        await visit.DoAsync("return-MilSwitch.Smtp", "seen");
        Assert.DoesNotContain("MilSwitch.Smtp", await stage.CommandAsync("log", "show"), StringComparison.Ordinal);

        await visit.OpenAsync("/telemetry");
        await visit.DoAsync("trace", "what does it say", ("peer", "127.0.0.1"), ("for", "5m"));
        await stage.SendAsync("recorded@sink.test");
        await visit.OpenAsync("/telemetry");
        var trace = (await visit.Page.Locator("details[id^=act-stop-]").First.GetAttributeAsync("id"))!["act-stop-".Length..];
        await visit.DoAsync("stop-" + trace, reason: null);
        await visit.OpenAsync("/telemetry/" + trace);
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("RCPT TO:<recorded@sink.test>");
        await visit.OpenAsync("/telemetry");
        await visit.Page.ClickAsync("#act-support summary");
        var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.ClickAsync("#act-support form > button"));
        Assert.True(new FileInfo(await download.PathAsync()).Length > 1000);
    }

    [BrowserFact]
    public async Task The_file_is_applied_with_a_reason_and_the_trail_is_walked()
    {
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/admin");
        Assert.Contains("in force", await visit.DoAsync("apply", "after an edit"), StringComparison.Ordinal);
        await visit.OpenAsync("/routing");
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("after an edit");
        await visit.OpenAsync("/audit");
        await visit.DoAsync("verify", reason: null);
        await Eventually.ComesTrueAsync(
            async () =>
            {
                await visit.OpenAsync("/audit");
                return await visit.Page.Locator("strong[data-state=good]").CountAsync() > 0;
            }, Patience, "the trail is whole");
    }

    [BrowserFact]
    public async Task Accounts_change_and_sessions_end()
    {
        const string Next = "another horse battery";
        await stage.AccountAsync("carla", "viewer");
        await using var chief = await stage.VisitAsync();
        await using (var carla = await stage.VisitAsync("carla"))
        {
            await chief.OpenAsync("/admin");
            await chief.Page.ClickAsync("#act-roles-carla summary");
            await chief.Page.CheckAsync("#act-roles-carla input[value=Auditor]");
            await chief.DoAsync("roles-carla", "on the audit", opened: true);
            Assert.Contains("auditor", await stage.CommandAsync("account", "list"), StringComparison.Ordinal);
            await carla.OpenAsync("/admin");
            await carla.DoAsync("own", reason: null, ("present", ConsoleStage.Password), ("next", Next));
            await carla.OpenAsync("/");
            await chief.OpenAsync("/admin");
            await chief.Page.Locator("tr", new() { HasText = "carla" }).Locator("details[id^=act-end-] summary").First.ClickAsync();
            await chief.Page.Locator("tr", new() { HasText = "carla" }).Locator("details[id^=act-end-] [name=reason]").First.FillAsync("left the room");
            await chief.Page.Locator("tr", new() { HasText = "carla" }).Locator("details[id^=act-end-] form > button").First.ClickAsync();
            await chief.NoticeAsync();
            await carla.Page.GotoAsync("/queues");
            Assert.Contains("/sign-in", carla.Page.Url, StringComparison.Ordinal);
            await carla.Page.FillAsync("[name=name]", "carla");
            await carla.Page.FillAsync("[name=password]", Next);
            await carla.Page.ClickAsync("main button");
            await carla.Page.WaitForURLAsync("**/queues");
        }

        await chief.OpenAsync("/admin");
        await chief.DoAsync("lock-carla", "left");
        await chief.OpenAsync("/admin");
        await chief.DoAsync("lock-carla", "is back");
        await chief.OpenAsync("/admin");
        await chief.DoAsync("remove-carla", "moved away");
        Assert.DoesNotContain("carla", await stage.CommandAsync("account", "list"), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task A_plan_is_switched_by_two()
    {
        await using var chief = await stage.VisitAsync();
        await using var deputy = await stage.VisitAsync("deputy");
        await ProposeAsync("war");
        await deputy.OpenAsync("/proposals");
        var proposal = (await deputy.Page.Locator("details[id^=act-approve-]").First.GetAttributeAsync("id"))!["act-approve-".Length..];
        await deputy.DoAsync("approve-" + proposal, "agreed");
        Assert.Contains("war", await InForceAsync(), StringComparison.Ordinal);
        await ProposeAsync("peace");
        await deputy.OpenAsync("/proposals");
        proposal = (await deputy.Page.Locator("details[id^=act-reject-]").First.GetAttributeAsync("id"))!["act-reject-".Length..];
        await deputy.DoAsync("reject-" + proposal, "too soon");
        Assert.Contains("war", await InForceAsync(), StringComparison.Ordinal);

        async Task ProposeAsync(string plan)
        {
            await chief.OpenAsync("/routing");
            await chief.Page.ClickAsync("#act-plan summary");
            await chief.Page.SelectOptionAsync("#act-plan [name=plan]", plan);
            Assert.Contains("another person has to approve it", await chief.DoAsync("plan", "order 4711", opened: true), StringComparison.Ordinal);
        }

        async Task<string> InForceAsync() => JsonDocument.Parse(await stage.CommandAsync("profile", "plans", "--json")).RootElement.GetProperty("inForce").GetString()!;
    }

    [BrowserFact]
    public async Task Drafts_are_released_and_rejected()
    {
        var (go, back) = (await stage.SendDraftAsync("go@down.test"), await stage.SendDraftAsync("back@down.test"));
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/drafts");
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync(go);
        await visit.OpenAsync("/holding/" + go);
        await visit.DoAsync("release", "seen");
        Assert.Equal("done", (await stage.MessageAsync(go)).GetProperty("state").GetString());
        await visit.OpenAsync("/holding/" + back);
        await visit.DoAsync("rejectdraft", "wrong", ("text", "not like this"));
        Assert.Equal("done", (await stage.MessageAsync(back)).GetProperty("state").GetString());
        Assert.DoesNotContain(go, await stage.CommandAsync("draft", "list"), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task What_no_rule_fits_is_assigned_and_content_is_viewed()
    {
        var id = await stage.SendAsync("profiler@client.test");
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/holding/" + id);
        await visit.DoAsync("assign", "theirs", ("action", "ops@sink.test"));
        await Eventually.ComesTrueAsync(async () => (await stage.MessageAsync(id)).GetProperty("state").GetString() is "done", Patience, "it is distributed");

        var read = await stage.SendAsync("read@down.test");
        await visit.OpenAsync("/messages/" + read);
        await visit.Page.ClickAsync("text=View content (audited)");
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("window.hit=1");
        Assert.Contains((await stage.MessageAsync(read)).GetProperty("audit").EnumerateArray(), e => e.GetProperty("actor").GetString() == "chief");
    }

    [BrowserFact]
    public async Task What_is_held_is_corrected_and_goes_to_somebody_else()
    {
        var id = await stage.SendAsync("wrong@down.test");
        await stage.CommandAsync("message", "hold", id, "--reason", "test");
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/holding/" + id);
        await visit.DoAsync("correct", "misspelt", ("new", "right@sink.test"));
        await Eventually.ComesTrueAsync(async () => (await stage.MessageAsync(id)).GetProperty("state").GetString() is "done", Patience, "it goes");
    }
}
