using System.Net;
using System.Text.RegularExpressions;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Host.Tests;

/// <summary>The same acts through the admin API, the command line and the console: the same effect, and the same refusal.</summary>
public sealed partial class SkinTests : IAsyncLifetime
{
    private static readonly string First = FakeOperatorActions.First.ToString(), Second = FakeOperatorActions.Second.ToString();

    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    /// <summary>Request and body of the API; arguments of the command line; name of the form with its fields.</summary>
    public static TheoryData<string, string, string[], string> Acts => new()
    {
        { "POST /messages/actions", $$"""{"verb":"hold","ids":["{{First}}"],"reason":"late"}""", ["message", "hold", First, "--reason", "late"], $"messages?verb=hold&id={First}&reason=late" },
        { "POST /messages/actions", $$"""{"verb":"return","ids":["{{First}}"],"reason":"late"}""", ["message", "return", First, "--reason", "late"], $"messages?verb=return&id={First}&reason=late" },
        { "POST /messages/actions", $$"""{"verb":"delete","ids":["{{First}}","{{Second}}"],"reason":"late"}""", ["message", "delete", First, Second, "--reason", "late"], $"messages?verb=delete&id={First}&id={Second}&reason=late&count=2" },
        { "POST /messages/actions", $$"""{"verb":"reroute","ids":["{{First}}"],"reason":"cable","link":"south"}""", ["message", "reroute", First, "--to-link", "south", "--reason", "cable"], $"messages?verb=reroute&id={First}&reason=cable&link=south" },
        { "POST /rules", """{"kind":"suspend","scope":"domain:example.net","reason":"full"}""", ["rule", "add", "suspend", "--scope", "domain:example.net", "--reason", "full"], "rule-add?kind=suspend&scope=domain:example.net&reason=full" },
        { "POST /rules", """{"kind":"minimize","scope":"node","level":"flash","refuseAtEntry":true,"reason":"exercise"}""", ["minimize", "set", "--scope", "node", "--level", "flash", "--refuse-at-entry", "--reason", "exercise"], "rule-add?kind=minimize&scope=node&level=flash&refuse=yes&reason=exercise" },
        { $"POST /holding/{First}/approve", """{"step":"release","reason":"seen"}""", ["hold", "approve", First, "--step", "release", "--reason", "seen"], $"approve?id={First}&step=release&reason=seen" },
        { $"POST /holding/{First}/reject", """{"reason":"wrong","text":"not here"}""", ["hold", "reject", First, "--text", "not here", "--reason", "wrong"], $"reject?id={First}&text=not here&reason=wrong" },
        { $"POST /holding/{First}/assign", """{"action":["a@b.test"],"information":["c@d.test"],"reason":"new"}""", ["profile", "assign", First, "--action", "a@b.test", "--info", "c@d.test", "--reason", "new"], $"assign?id={First}&action=a@b.test&information=c@d.test&reason=new" },
        { $"POST /holding/{First}/correct", """{"dropParts":["1.2"],"reason":"macro"}""", ["hold", "correct", First, "--drop-part", "1.2", "--reason", "macro"], $"correct?id={First}&drop=1.2&reason=macro" },
        { $"POST /drafts/{First}/release", """{"as":"chief@hq.test","reason":"go"}""", ["draft", "release", First, "--as", "chief@hq.test", "--reason", "go"], $"draft-release?id={First}&as=chief@hq.test&reason=go" },
        { $"POST /drafts/{First}/reject", """{"as":"chief@hq.test","text":"too long","reason":"no"}""", ["draft", "reject", First, "--as", "chief@hq.test", "--text", "too long", "--reason", "no"], $"draft-reject?id={First}&as=chief@hq.test&text=too long&reason=no" },
        { "POST /config/apply", """{"reason":"bravo moved"}""", ["config", "apply", "--reason", "bravo moved"], "config?reason=bravo moved" },
    };

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task One_act_has_the_same_effect_through_all_three(string request, string body, string[] arguments, string form)
    {
        var (method, path) = (request.Split(' ')[0], request.Split(' ')[1]);
        using (var answer = await node.SendAsync(new HttpMethod(method), "/api/v1" + path, TestNode.OperatorToken, body)) Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var expected = Effect();
        Assert.NotEqual("", expected);

        var run = await CommandAsync("operator.token", arguments);
        Assert.True(run.ExitCode is 0, run.Error);
        Assert.Equal(expected, Effect());

        Assert.Equal(HttpStatusCode.SeeOther, await SubmitAsync(TestNode.OperatorToken, form));
        Assert.Equal(expected, Effect());
    }

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task Who_may_not_does_nothing_through_any_of_them(string request, string body, string[] arguments, string form)
    {
        var (method, path) = (request.Split(' ')[0], request.Split(' ')[1]);
        using (var answer = await node.SendAsync(new HttpMethod(method), "/api/v1" + path, TestNode.ViewerToken, body)) Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(4, (await CommandAsync("viewer.token", arguments)).ExitCode);
        Assert.Equal(HttpStatusCode.SeeOther, await SubmitAsync(TestNode.ViewerToken, form));
        Assert.Equal("", Effect());
    }

    [Fact]
    public async Task Those_beyond_the_switch_are_asked_from_a_page_that_shows_what_they_say_and_not_the_secret()
    {
        node.Actions.Onward = new OnwardAnswer(null, [new OnwardHost("mx.away.example", "mx.away.example:1038", OnwardOutcome.NoInformation, "-ERR/noinfo <b>", false, [])]);
        var secret = Convert.ToBase64String("CANARY-originator"u8);
        var (status, page) = await PostAsync(TestNode.OperatorToken, $"onward?id={First}&secret={secret}");
        Assert.Equal((HttpStatusCode.OK, "CANARY-originator"), (status, Assert.Single(node.Actions.AskedWith)));
        Assert.Contains("HOST mx.away.example ASKED AT mx.away.example:1038: no-information, -ERR/noinfo &lt;b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, page, StringComparison.Ordinal);
        // Nobody is asked for whoever may not, and with what is no secret.
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(TestNode.ViewerToken, $"onward?id={First}&secret={secret}")).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(TestNode.OperatorToken, $"onward?id={First}&secret=no base64!")).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(TestNode.OperatorToken, $"onward?id={Second}&secret={secret}")).Status);
        using (var refused = await node.SendAsync(HttpMethod.Post, $"/api/v1/messages/{First}/onward", TestNode.ViewerToken, $$"""{"secret":"{{secret}}"}""")) Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using (var refused = await node.SendAsync(HttpMethod.Post, $"/api/v1/messages/{First}/onward", TestNode.OperatorToken, """{"secret":""}""")) Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Single(node.Actions.AskedWith);
        Assert.DoesNotContain(secret, node.Log.All, StringComparison.Ordinal);
    }

    private Task<CommandRun> CommandAsync(string token, string[] arguments) =>
        CommandRun.OfAsync([.. arguments, "--node", node.Admin, "--token-file", Path.Combine(node.Files.Folder, token)]);

    // As a browser would: the form's token comes with a page, and a cookie.
    private async Task<HttpStatusCode> SubmitAsync(string token, string form) => (await PostAsync(token, form)).Status;

    private async Task<(HttpStatusCode Status, string Page)> PostAsync(string token, string form)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(node.Admin) };
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + token);
        var page = await client.GetStringAsync(new Uri("/rules", UriKind.Relative));
        var key = WebUtility.HtmlDecode(Token().Match(page).Groups[1].Value);
        var (name, fields) = (form.Split('?')[0], form.Split('?')[1].Split('&').Select(f => f.Split('=', 2)).Select(f => new KeyValuePair<string, string>(f[0], f[1])));
        using var content = new FormUrlEncodedContent([.. fields, new("__RequestVerificationToken", key), new("back", "/rules")]);
        using var done = await client.PostAsync(new Uri("/act/" + name, UriKind.Relative), content);
        return (done.StatusCode, await done.Content.ReadAsStringAsync());
    }

    // What the switch was told, and by whom; it is forgotten then.
    private string Effect()
    {
        var actions = node.Actions;
        var told = actions.Acts.Select(a => $"{a.Act.Verb} {string.Join(' ', a.Act.Ids)} {a.Act.Link} {a.Act.Reason} {a.Act.DryRun} {a.Who.Name}")
            .Concat(actions.Rules.Select(r => $"{r.Kind} {r.Scope} {r.Level} {r.RefuseAtEntry} {r.Link} {r.Reason} {r.Author}"))
            .Concat(actions.Decided.Select(d => $"{Describe(d.Order)} {d.Order.Reason} {d.Who.Name}"))
            .Concat(node.Control.Recorded.Where(r => r.Kind is AuditKind.ConfigurationApplied).Select(r => $"{r.Detail} {r.Who}")).ToArray();
        actions.Acts.Clear();
        actions.Rules.Clear();
        actions.Decided.Clear();
        node.Control.Recorded.Clear();
        return string.Join('\n', told);
    }

    private static string Describe(HoldingOrder order) => order switch
    {
        HoldingOrder.Assign assign => $"assign {string.Join(' ', assign.Action)} / {string.Join(' ', assign.Information)}",
        HoldingOrder.Correct correct => correct.Change.Digest,
        _ => order.ToString()!,
    };

    [GeneratedRegex("<meta name=\"form-token\" content=\"([^\"]+)\"")]
    private static partial Regex Token();
}
