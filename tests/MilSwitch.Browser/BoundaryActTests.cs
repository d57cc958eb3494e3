using System.Buffers;
using Microsoft.Playwright;
using MilSwitch.Integration.Boundaries;
using MilSwitch.Smime.Making;
using MilSwitch.Testing;

namespace MilSwitch.Browser;

/// <summary>What persons decide at a boundary between two security domains, in the pages.</summary>
[Trait("Category", "Integration")]
public sealed class BoundaryActTests(BoundaryActTests.Stage stage) : IClassFixture<BoundaryActTests.Stage>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [BrowserFact]
    public async Task Two_persons_let_a_message_across_the_boundary()
    {
        var id = await stage.SendAcrossAsync();
        await Eventually.ComesTrueAsync(async () => (await stage.MessageAsync(id)).GetProperty("state").GetString() is "held", Patience, "it waits for two persons");
        await using var chief = await stage.VisitAsync();
        await using var deputy = await stage.VisitAsync("deputy");
        await chief.OpenAsync("/queues");
        await Assertions.Expect(chief.Page.Locator("tr", new() { HasText = id })).ToContainTextAsync("RESTRICTED");
        await Assertions.Expect(chief.Page.Locator("#banner")).ToContainTextAsync("RESTRICTED");
        await chief.OpenAsync("/holding/" + id);
        await Assertions.Expect(chief.Page.Locator("main")).ToContainTextAsync("2 persons have to approve; nobody has.");
        // Only the boundary knows its label.
        await Assertions.Expect(chief.Page.Locator("#banner")).ToContainTextAsync("RESTRICTED");
        await Assertions.Expect(chief.Page.Locator("main .lead")).ToContainTextAsync("RESTRICTED");
        await chief.DoAsync("approve-release", "seen");
        Assert.Equal("held", (await stage.MessageAsync(id)).GetProperty("state").GetString());
        await chief.OpenAsync("/holding/" + id);
        await Assertions.Expect(chief.Page.Locator("main")).ToContainTextAsync("done by chief (seen).");

        await deputy.OpenAsync("/holding");
        await Assertions.Expect(deputy.Page.Locator("tr", new() { HasText = id })).ToContainTextAsync(new System.Text.RegularExpressions.Regex("chief.*RESTRICTED"));
        await deputy.OpenAsync("/holding/" + id);
        await deputy.DoAsync("approve-release", "may be told to them");
        await Eventually.ComesTrueAsync(async () => (await stage.MessageAsync(id)).GetProperty("state").GetString() is "done" && stage.Across > 0, Patience, "it goes across");
        Assert.True(chief.Complaints.Count is 0, string.Join("\n", chief.Complaints));
        Assert.True(deputy.Complaints.Count is 0, string.Join("\n", deputy.Complaints));
    }

    /// <summary>A switch between red and blue, where two persons let across what is RESTRICTED.</summary>
    public sealed class Stage : ConsoleStage, IDisposable
    {
        private Border? border;

        /// <summary>How many came through the boundary.</summary>
        public int Across => Sink.Transactions.Count(t => t.Recipients.Any(r => r.Contains(Border.Recipient, StringComparison.Ordinal)));

        /// <summary>The id of a message that is signed, RESTRICTED, and hostile.</summary>
        public async Task<string> SendAcrossAsync() =>
            await SendAsync(Switch.Port, Border.Sender, Border.Recipient, (await MessageProtector.SignAsync(Border.Compose(Hostile, Hostile + "\r\n"), border!.Signature())).ToArray());

        public void Dispose() => border?.Dispose();

        protected override SwitchSetup Setup()
        {
            border = new Border(Workspace.Folder);
            return new SwitchSetup
            {
                DataFolder = Workspace["data"],
                Listener = [$"domain: {Border.Red}"],
                Routes = [new RouteSetup("blue.test", Sink.NextHop) { Domain = Border.Blue }],
                Extra = border.Keys + border.Sections(encrypts: true, "    release: { from: RESTRICTED, approvals: 2 }"),
            };
        }

        protected override Task FillAsync() => Task.CompletedTask;
    }
}
