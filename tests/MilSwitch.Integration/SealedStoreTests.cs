using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>What a switch opened does not lie on its disk in clear, and its key is on a token.</summary>
public sealed class SealedStoreTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private const string Canary = "CANARY the convoy leaves at first light";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MailPki pki = new();

    public void Dispose() => pki.Dispose();

    [RequiresFact(MailPki.TokenProgram, OpenSsl)]
    public async Task What_was_opened_is_on_the_disk_for_the_token_alone()
    {
        await using var sink = SinkServer.Start();
        sink.StopListening();
        await pki.InitialiseTokenAsync("one");
        pki.Issue("opening", "domain-confidentiality-authority", "domain-confidentiality-authority@dest.test");
        await pki.MoveToTokenAsync("one", "opening");
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup(sink) with
        {
            Listener = ["protection: { decrypt: [opening] }"],
            Extra = pki.Tokens("one", ("opening", "domain-confidentiality")), Environment = pki.Environment,
        });
        await SendEncryptedAsync(node);
        await Eventually.ComesTrueAsync(
            async () => (await node.CommandAsync("queue", "list", "--json")).Output.Contains("b@dest.test", StringComparison.Ordinal), Patience, "the message waits");
        AssertNowhere();
        await node.KillAsync();
        AssertNowhere();

        pki.TakeTokenAway(true);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () => await node.StartAsync());
        Assert.Contains("ended with 7", refused.Message, StringComparison.Ordinal);
        // Whichever is found first: there is no token, or nobody has used it by the deadline.
        Assert.Matches("what is in the store can't be opened: The key opening (can't be used|did not answer in time)", refused.Message);

        pki.TakeTokenAway(false);
        sink.StartListening();
        await node.StartAsync();
        var arrived = Assert.Single(await sink.WaitForAsync(1, Patience));
        Assert.Contains(Canary, Encoding.ASCII.GetString(arrived.Content.Span), StringComparison.Ordinal);
    }

    [RequiresFact(OpenSsl)]
    public async Task Another_key_takes_over_and_the_old_one_is_needed_until_nothing_is_sealed_for_it()
    {
        await using var sink = SinkServer.Start();
        sink.StopListening();
        foreach (var name in new[] { "old", "new" }) pki.Issue(name, "store", "store@dest.test");
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup(sink) with { Extra = Keys("old"), Seal = "old" });
        await SendAsync(node, Canary);
        await node.KillAsync();
        AssertNowhere();
        await OpenSslOpensAsync("old");

        node.Configure(node.Setup with { Extra = Keys("new"), Seal = "new" });
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () => await node.StartAsync());
        Assert.Contains("contents in the store are sealed for the key 'old', which the configuration does not have", refused.Message, StringComparison.Ordinal);

        node.Configure(node.Setup with { Extra = Keys("old", "new"), Seal = "new" });
        sink.StartListening();
        await node.StartAsync();
        var arrived = Assert.Single(await sink.WaitForAsync(1, Patience));
        Assert.Contains(Canary, Encoding.ASCII.GetString(arrived.Content.Span), StringComparison.Ordinal);
        await Eventually.ComesTrueAsync(
            async () => !(await node.CommandAsync("queue", "list", "--json")).Output.Contains("b@dest.test", StringComparison.Ordinal), Patience, "it is done");
        await node.KillAsync();

        node.Configure(node.Setup with { Extra = Keys("new"), Seal = "new" });
        await node.StartAsync();
        await node.KillAsync();
        await OpenSslOpensAsync("new");
    }

    [RequiresFact("postgres", OpenSsl)]
    public async Task A_node_opens_what_another_sealed_with_a_key_that_it_made_since_or_waits_for_the_key()
    {
        await using var sink = SinkServer.Start();
        sink.StopListening();
        foreach (var name in new[] { "old", "new" }) pki.Issue(name, "store", "store@dest.test");
        var server = await PostgreSqlInstance.SharedAsync();
        await using var field = await ClusterField.StartAsync(
            pki["."], new ClusterFieldOptions
            {
                Nodes = 2, Connection = await server.NewDatabaseAsync(), Routes = [new RouteSetup("*", sink.NextHop)],
                Change = (index, setup) => setup with { Extra = setup.Extra + (index is 0 ? Keys("old") : Keys("old", "new")), Seal = index is 0 ? "old" : "new" },
            },
            start: false);
        await field.StartAsync(0);
        await field.StartAsync(1);
        await SendAsync(field[1], Canary);
        await SendAsync(field[1], Canary + new string('x', 200_000).Chunk(70).Aggregate("", (text, line) => text + "\r\n" + new string(line)));
        await field[1].KillAsync();

        // The first node gets the messages, and has not the key.
        sink.StartListening();
        await Eventually.ComesTrueAsync(() => field[0].Errors.Any(e => e.Contains("Messages wait here: their contents are sealed with key", StringComparison.Ordinal)), Patience, "it says why they wait");
        Assert.Empty(sink.Transactions);
        using (var queue = JsonDocument.Parse((await field[0].CommandAsync("queue", "list", "--json")).Output))
            Assert.Equal(["queued", "queued"], queue.RootElement.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("state").GetString()));

        field[0].Configure(field[0].Setup with { Extra = field[0].Setup.Extra + $"  - {{ name: new, file: {pki["new.key"]}, certificate: {pki["new.pem"]}, role: store }}\n" });
        var applied = await field[0].CommandAsync("config", "apply", "--reason", "test");
        Assert.True(applied.ExitCode is 0, applied.Output + applied.Error);
        Assert.All(await sink.WaitForAsync(2, Patience), t => Assert.Contains(Canary, Encoding.ASCII.GetString(t.Content.Span), StringComparison.Ordinal));
        Assert.Contains(field[0].Errors, e => e.Contains("opens here as well", StringComparison.Ordinal));

        // What it goes on to write is sealed with its own key; nothing of the other's was forgotten.
        await field.StartAsync(1);
        Assert.Equal("2", await server.QueryAsync(field[0].Setup.Database![(field[0].Setup.Database!.LastIndexOf('=') + 1)..], "SELECT count(*) FROM document WHERE kind = 'seal'"));
    }

    [RequiresTheory(OpenSsl)]
    [InlineData("not json at all")]
    [InlineData("{}")]
    [InlineData("{\"Made\":\"2026-11-28T10:00:00+00:00\",\"For\":\"store\",\"Cms\":\"??\"}")]
    public async Task A_record_of_a_key_that_can_t_be_read_stops_the_start_and_nothing_is_lost(string record)
    {
        await using var sink = SinkServer.Start();
        sink.StopListening();
        pki.Issue("store", "store", "store@dest.test");
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup(sink) with { Extra = Keys("store"), Seal = "store" });
        await SendAsync(node, Canary);
        await node.KillAsync();
        var (name, sound) = Record();

        Write(name, record);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () => await node.StartAsync());
        Assert.Contains($"the record of key {name} in the store can't be read", refused.Message, StringComparison.Ordinal);
        Assert.Equal((name, record), Record());

        // Put back from a copy of the store, it opens what it opened before.
        Write(name, sound);
        sink.StartListening();
        await node.StartAsync();
        Assert.Contains(Canary, Encoding.ASCII.GetString(Assert.Single(await sink.WaitForAsync(1, Patience)).Content.Span), StringComparison.Ordinal);
    }

    [RequiresFact(OpenSsl)]
    public async Task Without_a_key_that_opens_mail_nothing_is_sealed()
    {
        await using var sink = SinkServer.Start();
        sink.StopListening();
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup(sink));
        await SendAsync(node, Canary);
        await node.KillAsync();
        Assert.Empty(Wrapped());
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(AssertNowhere);
    }

    private SwitchSetup Setup(SinkServer sink) => new() { Node = "b.test", DataFolder = pki["data"], Routes = [new RouteSetup("*", sink.NextHop)] };

    private string Keys(params string[] names) =>
        "keys:\n" + string.Concat(names.Select(n => $"  - {{ name: {n}, file: {pki[n + ".key"]}, certificate: {pki[n + ".pem"]}, role: store }}\n"));

    private async Task SendEncryptedAsync(SwitchProcess node)
    {
        await File.WriteAllTextAsync(pki["plain"], $"Content-Type: text/plain\r\n\r\n{Canary}\r\n");
        var (good, said) = await pki.OpenSslAsync("cms", "-encrypt", "-aes-256-gcm", "-in", "plain", "-crlfeol", "-out", "encrypted", "-recip", "opening.pem", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256");
        Assert.True(good, said);
        await SendRawAsync(node, (await File.ReadAllTextAsync(pki["encrypted"])).ReplaceLineEndings("\r\n"));
    }

    private static Task SendAsync(SwitchProcess node, string text) => SendRawAsync(node, "Content-Type: text/plain\r\n\r\n" + text + "\r\n");

    private static async Task SendRawAsync(SwitchProcess node, string message)
    {
        await using var client = await SmtpDialogue.ConnectAsync(node.Port);
        await client.SayAsync("EHLO origin.test");
        await client.SayAsync("MAIL FROM:<a@origin.test>");
        Assert.True((await client.SayAsync("RCPT TO:<b@dest.test>")).IsPositive);
        await client.SayAsync("DATA");
        var answer = await client.SayAsync("From: a@origin.test\r\nTo: b@dest.test\r\nDate: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@origin.test>\r\nSubject: x\r\n" + message + ".");
        Assert.True(answer.IsPositive, answer.ToString());
    }

    private async Task OpenSslOpensAsync(string name)
    {
        var wrapped = Assert.Single(Wrapped());
        await File.WriteAllBytesAsync(pki["seal.der"], wrapped);
        var (good, said) = await pki.OpenSslAsync("cms", "-decrypt", "-inform", "DER", "-in", "seal.der", "-inkey", name + ".key", "-recip", name + ".pem", "-out", "seal.bin");
        Assert.True(good, said);
        Assert.Equal(32, new FileInfo(pki["seal.bin"]).Length);
    }

    private (string Name, string Json) Record()
    {
        using var connection = new SqliteConnection($"Data Source={pki["data"]}/spool.db;Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, json FROM document WHERE kind = 'seal'";
        using var rows = command.ExecuteReader();
        Assert.True(rows.Read());
        var found = (rows.GetString(0), rows.GetString(1));
        Assert.False(rows.Read());
        return found;
    }

    private void Write(string name, string json)
    {
        using var connection = new SqliteConnection($"Data Source={pki["data"]}/spool.db;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE document SET json = $json WHERE kind = 'seal' AND id = $name";
        command.Parameters.AddWithValue("$json", json);
        command.Parameters.AddWithValue("$name", name);
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private List<byte[]> Wrapped()
    {
        using var connection = new SqliteConnection($"Data Source={pki["data"]}/spool.db;Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT json FROM document WHERE kind = 'seal'";
        using var rows = command.ExecuteReader();
        var all = new List<byte[]>();
        while (rows.Read())
        {
            using var document = JsonDocument.Parse(rows.GetString(0));
            all.Add(document.RootElement.GetProperty("Cms").GetBytesFromBase64());
        }

        return all;
    }

    private void AssertNowhere()
    {
        foreach (var path in Directory.EnumerateFiles(pki["data"], "*", SearchOption.AllDirectories).Where(p => Path.GetFileName(p) is not ("lock" or "admin.sock")))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var octets = new MemoryStream();
            file.CopyTo(octets);
            Assert.True(octets.ToArray().AsSpan().IndexOf(Encoding.ASCII.GetBytes(Canary)) < 0, path + " has it");
        }
    }
}
