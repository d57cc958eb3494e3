using System.Collections.Concurrent;
using System.Text.Json;
using MilSwitch.Domain.Channels;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Channels;

/// <summary>
/// Gives the numbers of channels, durable when they are given, to whichever node sends over one now. What is only known to have been
/// taken is written with the next number: until then it is given again at worst to the same message. Thread-safe.
/// </summary>
internal sealed class ChannelNumbers(ISpool spool)
{
    private const int Tries = 5;

    private readonly ConcurrentDictionary<(string Channel, string Message), bool> taken = new();

    /// <summary>A number for a message that is about to be sent.</summary>
    /// <exception cref="SpoolUnavailableException">None was given.</exception>
    public async Task<long> GiveAsync(string channel, MessageId message, CancellationToken cancellationToken)
    {
        var known = taken.Keys.Where(k => k.Channel == channel).ToArray();
        var (book, number) = await ChangeAsync(channel, b => known.Aggregate(b, (kept, k) => kept.Taken(k.Message)).Give(message.ToString()), cancellationToken).ConfigureAwait(false);
        foreach (var key in known) taken.TryRemove(key, out _);
        return number;
    }

    /// <summary>How it ended.</summary>
    /// <param name="channel">Name.</param>
    /// <param name="message">Who has the number.</param>
    /// <param name="isTaken">True: the other side has it; false: it has not; null: nobody knows, and the number stays.</param>
    public async Task EndAsync(string channel, MessageId message, bool? isTaken)
    {
        if (isTaken is true) taken[(channel, message.ToString())] = true;
        if (isTaken is not false) return;
        try
        {
            await ChangeAsync(channel, b => (b.TakeBack(message.ToString()), 0), CancellationToken.None).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException)
        {
            // It stays given, to the same.
        }
    }

    private async Task<(ChannelBook Book, long Number)> ChangeAsync(string channel, Func<ChannelBook, (ChannelBook Book, long Number)> change, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Tries; i++)
        {
            var json = await spool.ReadDocumentAsync(ChannelBook.DocumentKind, channel, cancellationToken).ConfigureAwait(false);
            ChannelBook book;
            try
            {
                book = json is null ? new ChannelBook() : ChannelBook.Read(json);
            }
            catch (JsonException)
            {
                // Numbers would be given twice.
                throw new SpoolUnavailableException(spool.Health);
            }

            var after = change(book);
            var text = after.Book.Write();
            if (text == json || await spool.ExchangeDocumentAsync(ChannelBook.DocumentKind, channel, json, text, cancellationToken).ConfigureAwait(false)) return after;
        }

        throw new SpoolUnavailableException(spool.Health);
    }
}
