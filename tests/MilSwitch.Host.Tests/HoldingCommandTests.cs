using System.Net;
using System.Text.Json;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Host.Tests;

/// <summary>The holding centre over the API and the command line.</summary>
[Trait("Feature", "B-15")]
public sealed class HoldingCommandTests : IAsyncLifetime
{
    private static readonly string Id = FakeOperatorActions.First.ToString();
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Lists_who_waits_for_whom()
    {
        var list = await node.RunAsync("hold", "list");
        Assert.Equal(0, list.ExitCode);
        Assert.Matches($@"{Id} +priority +\S+ +in \S+ +label +1/2 +anna +a@example.org +b@example.net +the label needs SECRET\?\[2J", list.Output);
        using var json = JsonDocument.Parse((await node.RunAsync("hold", "show", Id, "--json")).Output);
        var step = Assert.Single(json.RootElement.GetProperty("steps").EnumerateArray());
        Assert.Equal((2, "anna", "label"), (step.GetProperty("approvalsNeeded").GetInt32(), step.GetProperty("notBy")[0].GetString(), step.GetProperty("step").GetString()));
        var show = await node.RunAsync("hold", "show", Id);
        Assert.Contains("every operator but anna", show.Output, StringComparison.Ordinal);
        Assert.Contains("approved by anna 2030-01-02T03:04:05Z: seen", show.Output, StringComparison.Ordinal);
        Assert.Equal(3, (await node.RunAsync("hold", "show", FakeOperatorActions.Second.ToString())).ExitCode);
    }

    [Fact]
    public async Task Tells_why()
    {
        var why = await node.RunAsync("message", "decisions", Id);
        Assert.Equal(0, why.ExitCode);
        Assert.Contains("red-to-blue from red to blue: hold", why.Output, StringComparison.Ordinal);
        Assert.Contains("  peer: go\n", why.Output, StringComparison.Ordinal);
        Assert.Contains("    because the label needs SECRET?[2J\n    label: SECRET\n    approvals: 1 of 2\n    approved by anna", why.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await node.RunAsync("message", "decisions", Id, "--json")).Output);
        Assert.Equal("b@example.net", json.RootElement.GetProperty("passages")[0].GetProperty("recipients")[0].GetString());
        Assert.Equal(3, (await node.RunAsync("message", "decisions", FakeOperatorActions.Second.ToString())).ExitCode);
    }

    [Fact]
    public async Task Approving_is_done_or_waits_for_another_person_or_is_a_conflict()
    {
        string[] approve = ["hold", "approve", Id, "--step", "label", "--reasons", "abc", "--reason", "seen"];
        var done = await node.RunAsync(approve);
        Assert.Equal((0, "approved; it goes on\n"), (done.ExitCode, done.Output));
        var (order, who) = Assert.Single(node.Actions.Decided);
        Assert.Equal(new HoldingOrder.Approve("label", "abc", "seen"), order);
        Assert.StartsWith("local", who.Name, StringComparison.Ordinal);

        node.Actions.Holding = new HoldingResult(HoldingOutcome.ApprovalNeeded, "recorded; it waits for the approval of another person") { Needed = 2, Given = ["anna"] };
        var waits = await node.RunAsync(approve);
        Assert.Equal((5, "recorded; it waits for the approval of another person (1 of 2: anna)\n"), (waits.ExitCode, waits.Output));
        Assert.Contains("approval of a second person needed", waits.Error, StringComparison.Ordinal);

        foreach (var (outcome, exitCode) in new[] { (HoldingOutcome.Conflict, 6), (HoldingOutcome.Refused, 1), (HoldingOutcome.Failed, 7), (HoldingOutcome.NotFound, 3) })
        {
            node.Actions.Holding = new HoldingResult(outcome, "anna has approved it already");
            Assert.Equal(exitCode, (await node.RunAsync(approve)).ExitCode);
        }

        node.Actions.Refuses = SpoolHealth.Full;
        Assert.Equal(1, (await node.RunAsync(approve)).ExitCode);
    }

    [Fact]
    public async Task Rejecting_says_what_the_originator_is_told()
    {
        Assert.Equal(0, (await node.RunAsync("hold", "reject", Id, "--reason", "not for them", "--text", "without the annex")).ExitCode);
        Assert.Equal(new HoldingOrder.Reject("without the annex", "not for them"), node.Actions.Decided[^1].Order);
        Assert.Equal(2, (await node.RunAsync("hold", "reject", Id)).ExitCode);
    }

    [Fact]
    public async Task Correcting_says_what_is_changed()
    {
        node.Actions.Holding = new HoldingResult(HoldingOutcome.Done, "corrected") { Made = FakeOperatorActions.Second };
        var run = await node.RunAsync(
            "hold", "correct", Id, "--reason", "wrong", "--recipient", "b@example.net=c@example.net", "--drop-part", "1.2", "--drop-part", "1.3", "--sic", "SDM; BRL", "--label", "1.2.3:4:MARK", "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(FakeOperatorActions.Second.ToString(), run.Output, StringComparison.Ordinal);
        var change = Assert.IsType<HoldingOrder.Correct>(node.Actions.Decided[^1].Order).Change;
        Assert.Equal(("b@example.net", "c@example.net"), (change.Recipients[0].Old.Text, change.Recipients[0].New.Text));
        Assert.Equal(["1.2", "1.3"], change.DropParts.AsEnumerable());
        Assert.Equal(["SDM", "BRL"], change.SubjectCodes.AsEnumerable());
        Assert.Equal(("1.2.3", 4, "MARK"), (EssLabel.Read(change.Label!.Encoded).Policy, EssLabel.Read(change.Label.Encoded).Classification, EssLabel.Read(change.Label.Encoded).PrivacyMark));

        Assert.Equal(0, (await node.RunAsync("hold", "correct", Id, "--reason", "wrong", "--sic", "")).ExitCode);
        Assert.Empty(Assert.IsType<HoldingOrder.Correct>(node.Actions.Decided[^1].Order).Change.SubjectCodes);
        Assert.Equal(2, (await node.RunAsync("hold", "correct", Id, "--reason", "wrong")).ExitCode);
        Assert.Equal(2, (await node.RunAsync("hold", "correct", Id, "--reason", "wrong", "--recipient", "b@example.net")).ExitCode);
        Assert.Equal(2, (await node.RunAsync("hold", "correct", Id, "--reason", "wrong", "--recipient", "b@example.net=")).ExitCode);
    }

    [Fact]
    public async Task The_same_key_again_decides_once_and_a_viewer_decides_nothing()
    {
        string[] approve = ["hold", "approve", Id, "--step", "label", "--reason", "seen", "--idempotency-key", "k1"];
        Assert.Equal(0, (await node.RunAsync(approve)).ExitCode);
        Assert.Equal(0, (await node.RunAsync(approve)).ExitCode);
        Assert.Single(node.Actions.Decided);

        using var viewer = await node.SendAsync(HttpMethod.Post, $"/api/v1/holding/{Id}/approve", TestNode.ViewerToken, """{"step":"label","reason":"seen"}""");
        Assert.Equal(HttpStatusCode.Forbidden, viewer.StatusCode);
        using var looks = await node.SendAsync(HttpMethod.Get, $"/api/v1/holding/{Id}", TestNode.ViewerToken);
        Assert.Equal(HttpStatusCode.OK, looks.StatusCode);
        using var takes = await node.SendAsync(HttpMethod.Get, $"/api/v1/messages/{Id}/custody/export", TestNode.ViewerToken);
        Assert.Equal(HttpStatusCode.Forbidden, takes.StatusCode);
    }
}
