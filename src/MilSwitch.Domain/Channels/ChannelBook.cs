using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilSwitch.Domain.Channels;

/// <summary>
/// The numbers that were given to messages on a channel, from 1 up. Who asks again for a message that may have been taken gets its
/// number again, and a number under which nothing can have been taken is the next message's, so that none is left out. Immutable.
/// </summary>
public sealed record ChannelBook
{
    /// <summary>Messages of which it is remembered that they may have been taken; of more the latest.</summary>
    public const int MostOpen = 1_000;

    /// <summary>Kind of the document, under the channel's name.</summary>
    public const string DocumentKind = "channel-out";

    /// <summary>The number that comes next; at least 1.</summary>
    public long Next { get; init; } = 1;

    /// <summary>Given, and not known to have been taken; the oldest first.</summary>
    public ImmutableArray<ChannelEntry> Open { get; init; } = [];

    /// <summary>A number for a message.</summary>
    public (ChannelBook Book, long Number) Give(string message)
    {
        foreach (var entry in Open)
        {
            if (entry.Message == message) return (this, entry.Number);
        }

        var all = Open.Add(new ChannelEntry(message, Next));
        return (new ChannelBook { Next = Next + 1, Open = all.Length > MostOpen ? all.RemoveAt(0) : all }, Next);
    }

    /// <summary>The other side has it: another transmission of the same message has another number.</summary>
    public ChannelBook Taken(string message) => Open.Any(e => e.Message == message) ? this with { Open = Open.RemoveAll(e => e.Message == message) } : this;

    /// <summary>Nothing was taken under the last number; a number before the last stays its message's, which may come with it later.</summary>
    public ChannelBook TakeBack(string message) => Open is [.., var last] && last.Message == message && last.Number == Next - 1
        ? new ChannelBook { Next = last.Number, Open = Open.RemoveAt(Open.Length - 1) }
        : this;

    /// <summary>For the store.</summary>
    public string Write() => JsonSerializer.Serialize(this, ChannelJson.Default.ChannelBook);

    /// <exception cref="JsonException">It is something else.</exception>
    public static ChannelBook Read(string json) => JsonSerializer.Deserialize(json, ChannelJson.Default.ChannelBook) is { Next: > 0, Open.IsDefault: false } book ? book : throw new JsonException("no numbers of a channel");
}

/// <summary>A number that a message has.</summary>
/// <param name="Message">Its id.</param>
/// <param name="Number">Not given to another one.</param>
public sealed record ChannelEntry(string Message, long Number);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ChannelBook))]
[JsonSerializable(typeof(ChannelContinuity))]
internal sealed partial class ChannelJson : JsonSerializerContext;
