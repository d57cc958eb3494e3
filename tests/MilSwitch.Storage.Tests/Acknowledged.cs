using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Storage.Tests;

/// <summary>What MilSwitch.SpoolCrash said it had made durable, and whether a store keeps its word.</summary>
internal sealed class Acknowledged
{
    public HashSet<long> Accepted { get; } = [];

    public HashSet<long> Delivered { get; } = [];

    /// <summary>Lines that the process wrote; the last one may be torn.</summary>
    public void Hear(string text)
    {
        foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == 'R') continue;
            (line[0] == 'A' ? Accepted : Delivered).Add(long.Parse(line.AsSpan(2), CultureInfo.InvariantCulture));
        }
    }

    /// <summary>
    /// The store opens as it is, everything acknowledged is there with its octets, and what is there without having been
    /// acknowledged is there whole. Returns how many of those there are.
    /// </summary>
    public async Task<int> VerifyAsync(string folder)
    {
        var database = Path.Combine(folder, "spool.db");
        if (File.Exists(database))
        {
            using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
            connection.Open();
            using var check = connection.CreateCommand();
            check.CommandText = "PRAGMA integrity_check";
            Assert.Equal("ok", check.ExecuteScalar());
        }

        await using var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = folder }, TimeProvider.System, NullLoggerFactory.Instance);
        Assert.True((await spool.VerifyAuditAsync()).IsIntact);
        Assert.Equal(256, Directory.GetDirectories(Path.Combine(folder, "content")).Length);
        var stored = await spool.QueryAsync(new MessageQuery { Limit = int.MaxValue });
        Assert.Empty(Accepted.Except(stored.Select(m => m.Id.Value)));
        foreach (var message in stored) await VerifyAsync(spool, message);
        return stored.Count - Accepted.Count;
    }

    private async Task VerifyAsync(SqliteSpool spool, StoredMessage message)
    {
        var recipient = Assert.Single(message.Recipients);
        if (message.State == MessageState.Done)
        {
            Assert.Equal(RecipientState.Delivered, recipient.State);
            Assert.False(message.HasContent);
            return;
        }

        Assert.Equal(RecipientState.Queued, recipient.State);
        Assert.DoesNotContain(message.Id.Value, Delivered);
        await using var content = await spool.OpenContentAsync(message.Id);
        var buffer = new byte[content!.Length];
        for (var length = 0; length < buffer.Length;)
        {
            var count = await content.ReadAsync(buffer.AsMemory(length));
            Assert.NotEqual(0, count);
            length += count;
        }

        for (var i = 0; i < buffer.Length; i++)
        {
            if (buffer[i] != (byte)(message.Id.Value + i)) Assert.Fail($"{message.Id} differs at {i}.");
        }
    }
}
