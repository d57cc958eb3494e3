using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Tests;

/// <summary>RFC 9110 §13.</summary>
public sealed class ConditionalRequestTests : IAsyncLifetime
{
    private const string Flash = "{\"kind\":\"minimize\",\"scope\":\"node\",\"level\":\"flash\",\"reason\":\"x\"}";
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Theory]
    [InlineData("/rules")]
    [InlineData("/rules/1")]
    [InlineData("/config")]
    [InlineData("/alarms")]
    [InlineData("/links")]
    [InlineData("/links/192.0.2.1:25")]
    [InlineData("/version")]
    [InlineData("/messages/0000040000041")]
    public async Task Sends_nothing_that_the_client_has_already(string path)
    {
        await node.RunAsync("rule", "add", "suspend", "--scope", "node", "--reason", "x");
        if (path.StartsWith("/messages", StringComparison.Ordinal)) path = $"/messages/{FakeOperatorActions.First}";
        var (status, tag, _) = await SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((HttpStatusCode.NotModified, tag, ""), await SendAsync(HttpMethod.Get, path, noneMatch: $"\"other\", W/{tag}"));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, path, noneMatch: "\"other\"")).Status);
    }

    [Fact]
    public async Task Replaces_a_rule_only_when_it_is_the_one_that_was_seen()
    {
        var id = (await node.RunAsync("minimize", "set", "--scope", "node", "--level", "immediate", "--reason", "x")).Output.Trim();
        var seen = (await SendAsync(HttpMethod.Get, $"/rules/{id}")).Tag;
        var (status, tag, body) = await SendAsync(HttpMethod.Put, $"/rules/{id}", Flash, match: seen);
        Assert.Equal((HttpStatusCode.OK, true), (status, tag != seen));
        Assert.Equal(tag.Trim('"'), JsonDocument.Parse(body).RootElement.GetProperty("tag").GetString());
        Assert.Equal(Precedence.Flash, Assert.Single(node.Actions.Rules).Level);

        Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Put, $"/rules/{id}", Flash, match: seen)).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Delete, $"/rules/{id}?reason=x", match: seen)).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Delete, $"/rules/{id}?reason=x", match: "not a tag")).Status);
        // RFC 9110 §8.8.3.2: a weak tag matches nothing where the strong comparison counts.
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Delete, $"/rules/{id}?reason=x", match: "W/" + tag)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Put, "/rules/none", Flash, match: "*")).Status);
        Assert.Single(node.Actions.Rules);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, $"/rules/{id}?reason=x", match: $"\"other\", {tag}")).Status);
        Assert.Empty(node.Actions.Rules);
    }

    [Fact]
    public async Task The_command_line_replaces_and_removes_what_it_has_seen()
    {
        var id = (await node.RunAsync("minimize", "set", "--scope", "node", "--level", "immediate", "--reason", "x")).Output.Trim();
        var tag = JsonDocument.Parse((await node.RunAsync("rule", "show", id, "--json")).Output).RootElement.GetProperty("tag").GetString()!;
        Assert.Equal(0, (await node.RunAsync("minimize", "replace", id, "--scope", "node", "--level", "flash", "--reason", "y", "--if-match", tag)).ExitCode);
        Assert.Equal(6, (await node.RunAsync("minimize", "cancel", id, "--reason", "z", "--if-match", tag)).ExitCode);
        Assert.Equal("y", Assert.Single(node.Actions.Rules).Reason);
        Assert.Equal(0, (await node.RunAsync(id + "\n", false, "rule", "remove", "-", "--reason", "z")).ExitCode);
        Assert.Empty(node.Actions.Rules);
    }

    [Fact]
    [Trait("Threat", "F30")]
    public async Task Applies_a_configuration_only_in_place_of_the_one_that_was_seen()
    {
        var seen = (await SendAsync(HttpMethod.Get, "/config")).Tag;
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await SendAsync(HttpMethod.Post, "/config/apply", "{\"reason\":\"x\"}", match: "\"other\"")).Status);
        Assert.Equal(seen, (await SendAsync(HttpMethod.Get, "/config")).Tag);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, "/config/apply", "{\"reason\":\"x\"}", match: seen)).Status);
        Assert.NotEqual(seen, (await SendAsync(HttpMethod.Get, "/config")).Tag);
        Assert.Equal(6, (await node.RunAsync("config", "apply", "--reason", "x", "--if-match", seen)).ExitCode);
        var state = JsonDocument.Parse((await node.RunAsync("config", "show", "--json")).Output).RootElement;
        Assert.Equal(0, (await node.RunAsync("config", "apply", "--reason", "x", "--if-match", state.GetProperty("tag").GetString()!)).ExitCode);
    }

    private async Task<(HttpStatusCode Status, string Tag, string Body)> SendAsync(HttpMethod method, string path, string? body = null, string? match = null, string? noneMatch = null)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, node.Admin + "/api/v1" + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TestNode.OperatorToken);
        if (match is not null) request.Headers.TryAddWithoutValidation("If-Match", match);
        if (noneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", noneMatch);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request);
        return (response.StatusCode, response.Headers.ETag?.ToString() ?? "", await response.Content.ReadAsStringAsync());
    }
}
