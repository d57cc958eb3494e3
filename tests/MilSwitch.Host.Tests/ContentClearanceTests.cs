using System.Net;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Tests;

/// <summary>Whose content a person may see.</summary>
[Trait("Threat", "W2")]
public sealed class ContentClearanceTests : IAsyncLifetime
{
    private const string Anna = "CANARY-anna-0123456789abcdef";

    private static readonly SecurityPolicy Alfa = SpifReader.Read(File.ReadAllBytes(Path.Combine(ConfigurationFiles.Repository, "config", "policies", "alfa.xml")));

    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync(further: files =>
    {
        File.Copy(Path.Combine(ConfigurationFiles.Repository, "config", "policies", "alfa.xml"), Path.Combine(files.Folder, "alfa.xml"));
        files.Write("anna.token", Anna + "\n", secret: true);
        return "policies: [alfa.xml]\nlabels: { policy: ALFA }\n";
    }, change: text => text.Replace("  tokens:\n", """
          clearances:
            - { name: ops, clearance: { up-to: RESTRICTED }, unlabelled: true }
            - { name: anna, clearance: { up-to: SECRET } }
          tokens:
            - { name: anna, roles: [supervisor, security-officer], token: { file: anna.token } }

        """, StringComparison.Ordinal));

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Theory]
    [InlineData("RESTRICTED", true, true)]
    [InlineData("SECRET", false, true)]
    [InlineData("TOP SECRET", false, false)]
    [InlineData(null, true, false)]
    [InlineData("?", false, false)]
    public async Task A_message_is_shown_to_who_is_cleared_for_it(string? classification, bool isForOps, bool isForAnna)
    {
        node.Actions.Label = LabelOf(classification);
        foreach (var path in new[] { "raw", "custody/export" })
        {
            Assert.Equal(isForOps ? HttpStatusCode.OK : HttpStatusCode.Forbidden, await StatusAsync(path, TestNode.OperatorToken));
            Assert.Equal(isForAnna ? HttpStatusCode.OK : HttpStatusCode.Forbidden, await StatusAsync(path, Anna));
        }

        // Nobody has said what root at the machine may see.
        Assert.Equal(4, (await node.RunAsync("message", "raw", FakeOperatorActions.First.ToString())).ExitCode);
    }

    [Theory]
    [InlineData(null, "TOP SECRET", false, false)]
    [InlineData(null, "SECRET", false, true)]
    [InlineData("RESTRICTED", "SECRET", false, true)]
    [InlineData("SECRET", "RESTRICTED", false, true)]
    public async Task What_a_boundary_found_counts_as_well(string? accepted, string found, bool isForOps, bool isForAnna)
    {
        (node.Actions.Label, node.Actions.LabelAtBoundary) = (LabelOf(accepted), LabelOf(found));
        Assert.Equal(isForOps ? HttpStatusCode.OK : HttpStatusCode.Forbidden, await StatusAsync("raw", TestNode.OperatorToken));
        Assert.Equal(isForAnna ? HttpStatusCode.OK : HttpStatusCode.Forbidden, await StatusAsync("raw", Anna));
    }

    private static MessageLabel? LabelOf(string? classification) => classification switch
    {
        null => null,
        "?" => new MessageLabel(EssLabel.Encode(new SecurityLabel { Policy = "1.2.3.4.5", Classification = 1 })),
        _ => new MessageLabel(EssLabel.Encode(new SecurityLabel { Policy = Alfa.Id, Classification = Alfa.Written(classification)!.Value })),
    };

    private async Task<HttpStatusCode> StatusAsync(string path, string token)
    {
        using var response = await node.SendAsync(HttpMethod.Get, $"/api/v1/messages/{FakeOperatorActions.First}/{path}", token);
        return response.StatusCode;
    }
}
