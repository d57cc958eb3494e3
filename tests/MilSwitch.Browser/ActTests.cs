using Microsoft.Playwright;
using MilSwitch.Testing;

namespace MilSwitch.Browser;

/// <summary>Every act, with keys or with the mouse, judged by what the switch says afterwards.</summary>
[Trait("Category", "Integration")]
public sealed class ActTests(ConsoleStage stage) : IClassFixture<ConsoleStage>
{
    [BrowserFact]
    public async Task Two_keys_and_a_reason_hold_a_message_and_let_it_go()
    {
        var id = await stage.SendAsync("keys@down.test");
        await using var visit = await stage.VisitAsync("keeper");
        await visit.OpenAsync("/queues?q=to:keys@down.test");
        await visit.Page.Keyboard.PressAsync("j");
        await visit.Page.Keyboard.PressAsync("h");
        await visit.Page.Keyboard.TypeAsync("by two keys");
        await visit.Page.Keyboard.PressAsync("Enter");
        Assert.Contains("1 message done", await visit.NoticeAsync(), StringComparison.Ordinal);
        var message = await stage.MessageAsync(id);
        Assert.Equal("held", message.GetProperty("state").GetString());
        Assert.Contains(message.GetProperty("audit").EnumerateArray(), e => e.GetProperty("kind").GetString() == "held" && e.GetProperty("actor").GetString() == "keeper" && e.GetProperty("detail").GetString() == "by two keys");

        await visit.OpenAsync("/messages/" + id);
        await visit.Page.Keyboard.PressAsync("r");
        await visit.Page.Keyboard.TypeAsync("again");
        // What is being typed stays, though the page is drawn anew all the time.
        await Assertions.Expect(visit.Page.Locator("#fresh[data-state=live]")).ToBeVisibleAsync();
        await visit.Page.WaitForFunctionAsync("() => { const at = Number(document.querySelector('time[data-style=ago]').textContent.match(/\\d+/)[0]); window.first ??= at; return at >= window.first + 3; }");
        await visit.Page.Keyboard.PressAsync("Enter");
        Assert.Contains("1 message done", await visit.NoticeAsync(), StringComparison.Ordinal);
        Assert.Equal("queued", (await stage.MessageAsync(id)).GetProperty("state").GetString());
        Assert.Empty(visit.Complaints);
    }

    [BrowserFact]
    public async Task What_reaches_several_is_shown_first_and_the_way_back_is_under_the_finger()
    {
        string[] ids = [await stage.SendAsync("many1@other.test"), await stage.SendAsync("many2@other.test"), await stage.SendAsync("many3@other.test")];
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/queues?q=to:many");
        await visit.Page.CheckAsync("#all");
        await visit.Page.FillAsync(".bulk [name=reason]", "all of them");
        await visit.Page.ClickAsync("button[value=delete]");
        await Assertions.Expect(visit.Page.Locator("h2#question")).ToHaveTextAsync("Delete 3 messages?");
        Assert.Equal("No, go back", await visit.Page.EvaluateAsync<string>("document.activeElement.textContent"));
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.WaitForURLAsync("**/queues?q=to:many");
        foreach (var id in ids) Assert.Equal("queued", (await stage.MessageAsync(id)).GetProperty("state").GetString());

        await visit.Page.CheckAsync("#all");
        await visit.Page.FillAsync(".bulk [name=reason]", "all of them");
        await visit.Page.ClickAsync("button[value=delete]");
        // One that comes after the look stays.
        var late = await stage.SendAsync("many4@other.test");
        await visit.Page.ClickAsync(".confirm button");
        Assert.Contains("3 messages done", await visit.NoticeAsync(), StringComparison.Ordinal);
        foreach (var id in ids) Assert.Equal("binned", (await stage.MessageAsync(id)).GetProperty("state").GetString());
        Assert.Equal("queued", (await stage.MessageAsync(late)).GetProperty("state").GetString());

        await visit.OpenAsync("/messages/" + ids[0]);
        await visit.Page.ClickAsync("#act-restore summary");
        await visit.Page.FillAsync("#act-restore [name=reason]", "not that one");
        await visit.Page.ClickAsync("#act-restore form button");
        Assert.Contains("done", await visit.NoticeAsync(), StringComparison.Ordinal);
        Assert.Equal("queued", (await stage.MessageAsync(ids[0])).GetProperty("state").GetString());
    }

    [BrowserFact]
    public async Task Orders_are_given_and_ended()
    {
        await using var visit = await stage.VisitAsync("keeper");
        await visit.OpenAsync("/rules");
        await visit.Page.Keyboard.PressAsync("n");
        await visit.Page.SelectOptionAsync("#act-add [name=kind]", "minimize");
        await visit.Page.FillAsync("#act-add [name=scope]", "domain:nowhere.test");
        await visit.Page.SelectOptionAsync("#act-add [name=level]", "flash");
        await visit.Page.FillAsync("#act-add [name=for]", "2h");
        await visit.Page.FillAsync("#act-add [name=reason]", "exercise");
        await visit.Page.ClickAsync("#act-add form button");
        var text = await visit.NoticeAsync();
        Assert.Contains("is in force until", text, StringComparison.Ordinal);
        var id = text.Split(' ')[1];
        Assert.Contains(id, await stage.CommandAsync("minimize", "list"), StringComparison.Ordinal);
        await visit.Page.ClickAsync($"#act-end-{id} summary");
        await visit.Page.FillAsync($"#act-end-{id} [name=reason]", "over");
        await visit.Page.ClickAsync($"#act-end-{id} form button");
        Assert.Contains("is ended", await visit.NoticeAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(id, await stage.CommandAsync("minimize", "list"), StringComparison.Ordinal);

        await visit.Page.Keyboard.PressAsync("n");
        await visit.Page.FillAsync("#act-add [name=scope]", "nonsense");
        await visit.Page.FillAsync("#act-add [name=reason]", "wrong");
        await visit.Page.ClickAsync("#act-add form button");
        Assert.Contains("Nothing was done", await visit.NoticeAsync(), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task The_holding_centre_releases_and_rejects()
    {
        var (go, back) = (await stage.SendAsync("hold1@down.test"), await stage.SendAsync("hold2@down.test"));
        await stage.CommandAsync("message", "hold", go, back, "--reason", "test");
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/holding/" + go);
        await visit.Page.Keyboard.PressAsync("r");
        await visit.Page.Keyboard.TypeAsync("fine");
        await visit.Page.Keyboard.PressAsync("Enter");
        Assert.Contains("done", await visit.NoticeAsync(), StringComparison.Ordinal);
        Assert.Equal("queued", (await stage.MessageAsync(go)).GetProperty("state").GetString());
        await visit.OpenAsync("/holding/" + back);
        await visit.Page.ClickAsync("#act-reject summary");
        await visit.Page.FillAsync("#act-reject [name=text]", "not here");
        await visit.Page.FillAsync("#act-reject [name=reason]", "wrong address");
        await visit.Page.ClickAsync("#act-reject form button");
        Assert.Contains(back, await visit.NoticeAsync(), StringComparison.Ordinal);
        Assert.Equal("done", (await stage.MessageAsync(back)).GetProperty("state").GetString());
    }

    [BrowserFact]
    public async Task The_watch_writes_its_log_and_hands_over()
    {
        await using var visit = await stage.VisitAsync("keeper");
        await visit.OpenAsync("/log");
        await visit.Page.FillAsync("[name=text]", "quiet <b>night</b>");
        await visit.Page.ClickAsync("button[value=handover]");
        await Assertions.Expect(visit.Page.Locator("article.entry").First).ToContainTextAsync("quiet <b>night</b>");
        await Assertions.Expect(visit.Page.Locator("article.entry").First).ToContainTextAsync("Queued: override");
        Assert.Contains("handover", await stage.CommandAsync("watch-log", "list"), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task An_administrator_makes_accounts_and_everybody_signs_out()
    {
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/admin");
        await visit.Page.Keyboard.PressAsync("n");
        await visit.Page.FillAsync("#act-add [name=name]", "berta");
        await visit.Page.FillAsync("#act-add [name=password]", "correct horse battery");
        await visit.Page.CheckAsync("#act-add input[value=Viewer]");
        await visit.Page.FillAsync("#act-add [name=reason]", "new on the watch");
        await visit.Page.ClickAsync("#act-add form > button");
        Assert.Contains("made", await visit.NoticeAsync(), StringComparison.Ordinal);
        await using (var other = await stage.VisitAsync("berta"))
        {
            await visit.OpenAsync("/admin");
            await visit.Page.ClickAsync("#act-lock-berta summary");
            await visit.Page.FillAsync("#act-lock-berta [name=reason]", "left");
            await visit.Page.ClickAsync("#act-lock-berta form button");
            await other.Page.GotoAsync("/queues");
            Assert.Contains("/sign-in", other.Page.Url, StringComparison.Ordinal);
        }

        await visit.Page.ClickAsync("text=sign out");
        await visit.Page.WaitForURLAsync("**/sign-in");
        await visit.Page.GotoAsync("/log");
        Assert.Contains("/sign-in?to=%2Flog", visit.Page.Url, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task A_viewer_is_offered_nothing_and_gets_nothing()
    {
        var id = await stage.SendAsync("viewer@down.test");
        await using var visit = await stage.VisitAsync("viewer");
        await visit.OpenAsync("/messages/" + id);
        Assert.Equal(0, await visit.Page.Locator("main form").CountAsync());
        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("The text is locked");
        // Somebody who makes the form themselves is refused where it would be done.
        await visit.Page.EvaluateAsync(
            """
            id => { const f = document.createElement('form'); f.method = 'post'; f.action = '/act/messages';
              for (const [n, v] of [['verb', 'hold'], ['id', id], ['reason', 'x'], ['back', '/'], ['__RequestVerificationToken', document.querySelector('meta[name=form-token]').content]]) { const i = document.createElement('input'); i.name = n; i.value = v; f.append(i); }
              document.body.append(f); f.submit(); }
            """, id);
        await Assertions.Expect(visit.Page.Locator(".notice")).ToContainTextAsync("you may not do this");
        Assert.Equal("queued", (await stage.MessageAsync(id)).GetProperty("state").GetString());
    }

    [BrowserFact]
    public async Task A_form_without_its_token_does_nothing()
    {
        var id = await stage.SendAsync("forged@down.test");
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/messages/" + id);
        await visit.Page.EvaluateAsync("() => document.querySelectorAll('[name=__RequestVerificationToken]').forEach(i => { i.value = 'x'; })");
        await visit.Page.ClickAsync("#act-hold summary");
        await visit.Page.FillAsync("#act-hold [name=reason]", "forged");
        await visit.Page.ClickAsync("#act-hold form button");
        await Assertions.Expect(visit.Page.Locator("body")).ToContainTextAsync("too old");
        Assert.Equal("queued", (await stage.MessageAsync(id)).GetProperty("state").GetString());
    }

    [BrowserFact]
    public async Task What_happens_shows_within_two_pictures_and_silence_shows_too()
    {
        await using var visit = await stage.VisitAsync();
        await visit.OpenAsync("/queues?q=to:fresh@down.test");
        // Pictures come once a second; counted, and not timed, since other suites have the machine as well.
        await visit.Page.EvaluateAsync("() => { window.pictures = []; new EventSource(document.querySelector('#view').dataset.live).addEventListener('view', e => window.pictures.push(e.data)); }");
        await visit.Page.WaitForFunctionAsync("() => window.pictures.length > 0");
        var id = await stage.SendAsync("fresh@down.test");
        var before = await visit.Page.EvaluateAsync<int>("() => window.pictures.length");
        await Assertions.Expect(visit.Page.Locator($"#m-{id}")).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await visit.Page.WaitForFunctionAsync("id => window.pictures.some(p => p.includes('m-' + id))", id);
        // The one that was being made, and the two of two seconds.
        Assert.InRange(await visit.Page.EvaluateAsync<int>("id => window.pictures.findIndex(p => p.includes('m-' + id))", id), 0, before + 2);
        ProcessTree.Signal(stage.Switch.Id, 19);
        try
        {
            await Assertions.Expect(visit.Page.Locator("#fresh")).ToContainTextAsync("stale", new() { Timeout = 15_000 });
        }
        finally
        {
            ProcessTree.Signal(stage.Switch.Id, 18);
        }

        await Assertions.Expect(visit.Page.Locator("#fresh")).ToHaveTextAsync("live", new() { Timeout = 20_000 });
    }
}
