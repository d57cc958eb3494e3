using System.Globalization;
using System.Text;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// Gives numbers, one after the other from 1 to the highest and from 1 again, and remembers for what: whoever asks again for the same gets the same, so that
/// what may have been sent is sent again under its number and leaves no gap. They are a document of the store, exchanged as a whole, so that nodes of a
/// cluster go on where another one was, and none gives a number that another one gave. Durable when it returns. Thread-safe.
/// </summary>
/// <param name="spool">Keeps them.</param>
/// <param name="name">Of the series.</param>
/// <param name="highest">The last number.</param>
internal sealed class Acp127Ledger(ISpool spool, string name, int highest)
{
    /// <summary>Kind of the documents.</summary>
    public const string Kind = "acp127-numbers";

    private const int MostRemembered = 1_000;

    /// <param name="key">For what; no spaces.</param>
    /// <param name="note">Kept with a new number; no spaces, not empty.</param>
    /// <exception cref="SpoolUnavailableException">It could not be made durable; nothing was given.</exception>
    /// <exception cref="InvalidDataException">The document is none of these: numbers would be given twice.</exception>
    public async ValueTask<(int Number, string Note)> GiveAsync(string key, string note, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var (text, next, given) = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (given.FindLast(g => g.Key == key) is { Key: not null } known) return (known.Number, known.Note);
            given.Add((key, next, note));
            if (await spool.ExchangeDocumentAsync(Kind, name, text, Write(next == highest ? 1 : next + 1, given), cancellationToken).ConfigureAwait(false)) return (next, note);
        }
    }

    /// <summary>Nothing was sent under the last number, so that it can be another's; nothing happens when it isn't the last.</summary>
    public async ValueTask TakeBackAsync(string key)
    {
        try
        {
            var (text, _, given) = await ReadAsync(CancellationToken.None).ConfigureAwait(false);
            if (given.Count is 0 || given[^1].Key != key) return;
            var last = given[^1];
            given.RemoveAt(given.Count - 1);
            // Where somebody else was given one meanwhile it stays given, to the same.
            await spool.ExchangeDocumentAsync(Kind, name, text, Write(last.Number, given), CancellationToken.None).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException)
        {
            // It stays given, to the same.
        }
    }

    private async ValueTask<(string? Text, int Next, List<(string Key, int Number, string Note)> Given)> ReadAsync(CancellationToken cancellationToken)
    {
        var text = await spool.ReadDocumentAsync(Kind, name, cancellationToken).ConfigureAwait(false);
        var given = new List<(string, int, string)>();
        if (text is null) return (null, 1, given);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length is 0 || !TryNumber(lines[0], out var next)) throw Unreadable();
        foreach (var line in lines[1..])
        {
            if (line.Split(' ') is not [var key, var digits, var note] || !TryNumber(digits, out var number)) throw Unreadable();
            given.Add((key, number, note));
        }

        return (text, next, given);
    }

    private static string Write(int next, List<(string Key, int Number, string Note)> given)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{next}\n");
        foreach (var (key, number, note) in given.TakeLast(MostRemembered)) text.Append(CultureInfo.InvariantCulture, $"{key} {number} {note}\n");
        return text.ToString();
    }

    private bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= highest;

    private InvalidDataException Unreadable() => new($"the numbers {name} in the store can't be read: which were given is not known");
}
