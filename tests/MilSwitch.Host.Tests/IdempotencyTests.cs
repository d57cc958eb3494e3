using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Tests;

/// <summary>draft-ietf-httpapi-idempotency-key-header-07.</summary>
public sealed class IdempotencyTests : IAsyncLifetime
{
    private static readonly string Hold = $"{{\"verb\":\"hold\",\"ids\":[\"{FakeOperatorActions.First}\"],\"reason\":\"x\"}}";
    private readonly FakeTimeProvider time = new(FakeOperatorActions.Start);
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync(time);

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Does_once_what_is_asked_for_twice_and_answers_the_same()
    {
        var first = await PostAsync("/rules", "\"8e03978e\"", "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\"}");
        // Without quotation marks it is the same key.
        var second = await PostAsync("/rules", "8e03978e", "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\"}");
        Assert.Equal(first, second);
        Assert.Equal((200, "application/json"), (first.Status, first.Type));
        Assert.NotEmpty(first.Tag);
        Assert.Single(node.Actions.Rules);
        await PostAsync("/rules", "\"other\"", "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\"}");
        await PostAsync("/rules", null, "{\"kind\":\"suspend\",\"scope\":\"node\",\"reason\":\"x\"}");
        Assert.Equal(3, node.Actions.Rules.Count);
    }

    [Fact]
    public async Task Remembers_refusals_as_well()
    {
        var first = await PostAsync("/messages/actions", "\"k\"", "{\"verb\":\"burn\"}");
        Assert.Equal((400, "application/problem+json"), (first.Status, first.Type));
        Assert.Equal(first, await PostAsync("/messages/actions", "\"k\"", "{\"verb\":\"burn\"}"));
    }

    [Fact]
    public async Task Refuses_a_key_that_belongs_to_another_request()
    {
        await PostAsync("/messages/actions", "\"k\"", Hold);
        Assert.Equal(422, (await PostAsync("/messages/actions", "\"k\"", Hold.Replace("hold", "release", StringComparison.Ordinal))).Status);
        Assert.Equal(422, (await PostAsync("/config/apply", "\"k\"", Hold)).Status);
        Assert.Single(node.Actions.Acts);
    }

    [Fact]
    public async Task Refuses_a_key_whose_request_is_under_way_and_finds_its_answer_though_the_client_has_left()
    {
        node.Actions.Gate = new TaskCompletionSource();
        using (var client = new HttpClient())
        {
            using var leaves = new CancellationTokenSource();
            using var request = Request("/messages/actions", "\"k\"", Hold, TestNode.OperatorToken);
            var first = client.SendAsync(request, leaves.Token);
            await node.Actions.Arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Equal(409, (await PostAsync("/messages/actions", "\"k\"", Hold)).Status);
            await leaves.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        }

        node.Actions.Gate.SetResult();
        (int Status, string Type, string Tag, string Body) found = default;
        await Testing.Eventually.ComesTrueAsync(
            async () => (found = await PostAsync("/messages/actions", "\"k\"", Hold)).Status != 409, TimeSpan.FromSeconds(20), "the answer of the first");
        Assert.Equal(200, found.Status);
        Assert.Single(node.Actions.Acts);
    }

    [Fact]
    public async Task What_was_done_on_another_node_is_not_done_again()
    {
        var store = new FakeRequestStore();
        await using var one = await TestNode.StartAsync(time, requestStore: store);
        await using var two = await TestNode.StartAsync(time, requestStore: store);
        var first = await PostAsync(one, "/messages/actions", "\"k\"", Hold);
        Assert.Equal(200, first.Status);
        Assert.Equal(first, await PostAsync(two, "/messages/actions", "\"k\"", Hold));
        Assert.Equal(422, (await PostAsync(two, "/messages/actions", "\"k\"", Hold.Replace("hold", "release", StringComparison.Ordinal))).Status);
        Assert.Single(one.Actions.Acts);
        Assert.Empty(two.Actions.Acts);

        // A fault is no outcome here either, and anybody may try again.
        one.Actions.Fails = true;
        Assert.Equal(500, (await PostAsync(one, "/messages/actions", "\"later\"", Hold)).Status);
        Assert.Equal(200, (await PostAsync(two, "/messages/actions", "\"later\"", Hold)).Status);
    }

    [Theory]
    [InlineData(RequestState.UnderWay, "under way")]
    [InlineData(RequestState.Lost, "nobody knows")]
    public async Task What_another_node_has_begun_is_refused(RequestState state, string says)
    {
        await using var one = await TestNode.StartAsync(time, requestStore: new FakeRequestStore { Always = state });
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var (status, _, _, body) = await PostAsync(one, "/messages/actions", "\"k\"", Hold);
            Assert.Equal(409, status);
            Assert.Contains(says, body, StringComparison.Ordinal);
        }

        Assert.Empty(one.Actions.Acts);
    }

    [Fact]
    public async Task Without_the_store_that_nodes_share_nothing_is_done_that_may_have_been_done()
    {
        var store = new FakeRequestStore { Away = true };
        await using var one = await TestNode.StartAsync(time, requestStore: store);
        Assert.InRange((await PostAsync(one, "/messages/actions", "\"k\"", Hold)).Status, 500, 599);
        Assert.Empty(one.Actions.Acts);
        Assert.Equal(200, (await PostAsync(one, "/messages/actions", null, Hold)).Status);
        store.Away = false;
        one.Actions.Acted = () => store.Away = true;
        // It is done and can't be told: this node knows it.
        var first = await PostAsync(one, "/messages/actions", "\"k\"", Hold);
        Assert.Equal(200, first.Status);
        Assert.Equal(first, await PostAsync(one, "/messages/actions", "\"k\"", Hold));
        Assert.Equal(2, one.Actions.Acts.Count);
    }

    [Fact]
    public async Task Tries_again_after_an_internal_fault()
    {
        node.Actions.Fails = true;
        Assert.Equal(500, (await PostAsync("/messages/actions", "\"k\"", Hold)).Status);
        node.Actions.Fails = false;
        Assert.Equal(200, (await PostAsync("/messages/actions", "\"k\"", Hold)).Status);
        Assert.Single(node.Actions.Acts);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"open")]
    [InlineData("a b")]
    [InlineData("a\"b")]
    [InlineData("\"a\\b\"")]
    [InlineData("\"a\", \"b\"")]
    public async Task Refuses_what_is_no_key(string key)
    {
        Assert.Equal(400, (await PostAsync("/messages/actions", key, Hold)).Status);
        Assert.Empty(node.Actions.Acts);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task Keeps_the_keys_of_two_callers_apart()
    {
        await PostAsync("/messages/actions", "\"k\"", Hold);
        // The viewer is refused before anybody looks for a key; the socket's user is somebody else.
        Assert.Equal(403, (await PostAsync("/messages/actions", "\"k\"", Hold, TestNode.ViewerToken)).Status);
        Assert.Equal(0, (await node.RunAsync("message", "release", FakeOperatorActions.First.ToString(), "--reason", "x", "--idempotency-key", "k")).ExitCode);
        Assert.Equal(2, node.Actions.Acts.Count);
        Assert.Equal(0, (await node.RunAsync("message", "release", FakeOperatorActions.First.ToString(), "--reason", "x", "--idempotency-key", "k")).ExitCode);
        Assert.Equal(2, node.Actions.Acts.Count);
        Assert.Equal(1, (await node.RunAsync("message", "release", FakeOperatorActions.Second.ToString(), "--reason", "x", "--idempotency-key", "k")).ExitCode);
    }

    [Fact]
    public async Task Forgets_after_a_day()
    {
        await PostAsync("/messages/actions", "\"k\"", Hold);
        time.Advance(IdempotencyKeys.Lifetime - TimeSpan.FromSeconds(1));
        await PostAsync("/messages/actions", "\"k\"", Hold);
        Assert.Single(node.Actions.Acts);
        time.Advance(TimeSpan.FromSeconds(1));
        await PostAsync("/messages/actions", "\"k\"", Hold);
        Assert.Equal(2, node.Actions.Acts.Count);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public void Forgets_the_oldest_answer_of_the_caller_when_there_are_too_many()
    {
        var keys = new IdempotencyKeys(time);
        var answer = new StoredAnswer(200, null, default, new byte[10]);
        keys.Complete(keys.Claim("other", "first", [1]).Entry!, answer);
        for (var i = 0; i <= IdempotencyKeys.KeysPerCaller; i++) keys.Complete(keys.Claim("a", $"{i}", [1]).Entry!, answer);
        Assert.Equal(IdempotencyKeys.Verdict.Repeat, keys.Claim("other", "first", [1]).Verdict);
        Assert.Equal(IdempotencyKeys.Verdict.Repeat, keys.Claim("a", "1", [1]).Verdict);
        Assert.Equal(IdempotencyKeys.Verdict.Do, keys.Claim("a", "0", [1]).Verdict);
    }

    [Fact]
    public void Refuses_more_requests_under_way_than_it_keeps()
    {
        var keys = new IdempotencyKeys(time);
        for (var i = 0; i < IdempotencyKeys.KeysPerCaller; i++) Assert.Equal(IdempotencyKeys.Verdict.Do, keys.Claim("a", $"{i}", [1]).Verdict);
        Assert.Equal(IdempotencyKeys.Verdict.TooMany, keys.Claim("a", "more", [1]).Verdict);
        Assert.Equal(IdempotencyKeys.Verdict.Do, keys.Claim("b", "more", [1]).Verdict);
    }

    [Fact]
    public void Forgets_the_oldest_answers_when_they_are_too_long()
    {
        var keys = new IdempotencyKeys(time);
        var answer = new StoredAnswer(200, null, default, new byte[IdempotencyKeys.MaximumOctets / 2]);
        for (var i = 0; i < 3; i++) keys.Complete(keys.Claim("a", $"{i}", [1]).Entry!, answer);
        Assert.Equal(IdempotencyKeys.Verdict.Repeat, keys.Claim("a", "1", [1]).Verdict);
        Assert.Equal(IdempotencyKeys.Verdict.Do, keys.Claim("a", "0", [1]).Verdict);
    }

    private static async Task<(int Status, string Type, string Tag, string Body)> PostAsync(TestNode at, string path, string? key, string body)
    {
        using var client = new HttpClient();
        using var request = Request(at, path, key, body, TestNode.OperatorToken);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", response.Headers.ETag?.Tag ?? "", await response.Content.ReadAsStringAsync());
    }

    private HttpRequestMessage Request(string path, string? key, string body, string token) => Request(node, path, key, body, token);

    private static HttpRequestMessage Request(TestNode at, string path, string? key, string body, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, at.Admin + "/api/v1" + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (key is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return request;
    }

    private async Task<(int Status, string Type, string Tag, string Body)> PostAsync(string path, string? key, string body, string token = TestNode.OperatorToken)
    {
        using var client = new HttpClient();
        using var request = Request(path, key, body, token);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", response.Headers.ETag?.Tag ?? "", await response.Content.ReadAsStringAsync());
    }
}
