using System.Net;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Tests;

/// <summary>Each role meets each right, through the API: who may not is refused, and nothing is done.</summary>
[Trait("Threat", "W2")]
public sealed class RoleTests : IAsyncLifetime
{
    private static readonly string First = FakeOperatorActions.First.ToString();

    /// <summary>For each right requests that need it.</summary>
    private static readonly Dictionary<OperatorRight, (string Method, string Path, string? Body)[]> Requests = new()
    {
        [OperatorRight.Watch] = [("GET", "/status", null), ("GET", "/queue", null), ("GET", "/messages/" + First, null), ("GET", "/proposals", null)],
        [OperatorRight.Act] =
        [
            .. new[] { "hold", "release", "try", "requeue", "restore" }.Select(v => ("POST", "/messages/actions", (string?)Act(v))),
            ("POST", "/messages/actions", $"{{\"verb\":\"reroute\",\"ids\":[\"{First}\"],\"link\":\"x\",\"reason\":\"x\"}}"),
            ("POST", "/links/192.0.2.1:25/try", null),
        ],
        [OperatorRight.Remove] = [("POST", "/messages/actions", Act("return")), ("POST", "/messages/actions", Act("delete"))],
        [OperatorRight.Order] =
        [
            ("POST", "/rules", "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\"}"), ("PUT", "/rules/1", "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\"}"), ("DELETE", "/rules/1?reason=x", null),
        ],
        [OperatorRight.Decide] =
        [
            ("POST", $"/holding/{First}/approve", "{\"step\":\"label\",\"reason\":\"x\"}"), ("POST", $"/holding/{First}/reject", "{\"reason\":\"x\"}"),
            ("POST", $"/holding/{First}/correct", "{\"subjectCodes\":[\"SDM\"],\"reason\":\"x\"}"), ("POST", $"/holding/{First}/assign", "{\"action\":[\"a@b.example\"],\"reason\":\"x\"}"),
        ],
        [OperatorRight.ReleaseDrafts] = [("POST", $"/drafts/{First}/release", "{\"reason\":\"x\"}"), ("POST", $"/drafts/{First}/reject", "{\"reason\":\"x\"}")],
        [OperatorRight.AcknowledgeAlarms] = [("POST", "/alarms/nothing/acknowledge", "{\"note\":\"x\"}")],
        [OperatorRight.ShelveAlarms] = [("POST", "/alarms/nothing/shelve", "{\"reason\":\"x\",\"for\":\"1h\"}")],
        [OperatorRight.ReadAudit] = [("GET", "/audit", null)],
        [OperatorRight.ViewContent] = [("GET", $"/messages/{First}/raw", null)],
        [OperatorRight.SwitchPlan] = [("POST", "/profile/plan", "{\"plan\":\"war\",\"reason\":\"x\"}")],
        [OperatorRight.Configure] = [("POST", "/config/apply", "{\"reason\":\"x\"}")],
        [OperatorRight.ManageCertificates] = [("POST", "/harvest/allow", "{\"domain\":\"x\",\"id\":\"y\",\"reason\":\"x\"}"), ("POST", "/boundaries/x/smimea-zone", "{\"origin\":\"x\",\"recipients\":[]}")],
        [OperatorRight.ExportEvidence] = [("GET", $"/messages/{First}/custody/export", null)],
        [OperatorRight.ManageAccounts] = [("POST", "/accounts/nobody/lock", "{\"reason\":\"x\"}"), ("POST", "/accounts/nobody/roles", "{\"roles\":[\"viewer\"],\"reason\":\"x\"}")],
    };

    private TestNode node = null!;

    public static TheoryData<OperatorRight> Rights => [.. Enum.GetValues<OperatorRight>()];

    public async Task InitializeAsync() => node = await TestNode.StartAsync(spool: FakeSpool.Create(SpoolHealth.Ready), further: files =>
    {
        foreach (var (word, _) in OperatorRoleNames.All) files.Write(word + ".token", Token(word), secret: true);
        return "";
    }, change: text => text.Replace("  tokens:\n", "  tokens:\n" + string.Concat(OperatorRoleNames.All.Select(r => $"    - {{ name: a-{r.Word}, roles: [{r.Word}], token: {{ file: {r.Word}.token }} }}\n")), StringComparison.Ordinal));

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Theory]
    [MemberData(nameof(Rights))]
    public async Task A_right_is_those_roles_that_have_it(OperatorRight right)
    {
        foreach (var (word, role) in OperatorRoleNames.All)
        {
            foreach (var (method, path, body) in Requests[right])
            {
                node.Actions.Acts.Clear();
                node.Actions.Rules.Clear();
                using var response = await node.SendAsync(new HttpMethod(method), "/api/v1" + path, Token(word), body);
                Assert.True(response.StatusCode is HttpStatusCode.Forbidden != role.Allow(right), $"{word} {method} {path}: {response.StatusCode}");
                Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
                if (role.Allow(right)) continue;
                Assert.Empty(node.Actions.Acts);
                Assert.Empty(node.Actions.Rules);
                if (method is not "GET") Assert.Contains(Words.Of(right), await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }
    }

    private static string Act(string verb) => $"{{\"verb\":\"{verb}\",\"ids\":[\"{First}\"],\"reason\":\"x\"}}";

    private static string Token(string role) => $"CANARY-{role}-0123456789";
}
