using System.Globalization;
using System.Text;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// Gives numbers, one after the other from 1 to the highest and from 1 again, and remembers for what: whoever asks again for the same gets the same, so that
/// what may have been sent is sent again under its number and leaves no gap. Durable when it returns. Thread-safe.
/// </summary>
internal sealed class Acp127Ledger
{
    private const int MostRemembered = 1_000;

    private readonly Lock gate = new();
    private readonly string file;
    private readonly int highest;
    private readonly List<(string Key, int Number, string Note)> given = [];
    private int next = 1;

    /// <exception cref="InvalidDataException">The file is there and is none of these: numbers would be given twice.</exception>
    public Acp127Ledger(string file, int highest)
    {
        (this.file, this.highest) = (file, highest);
        if (!File.Exists(file)) return;
        var lines = File.ReadAllLines(file);
        if (lines.Length is 0 || !TryNumber(lines[0], out next)) throw Unreadable();
        foreach (var line in lines[1..])
        {
            if (line.Split(' ') is not [var key, var digits, var note] || !TryNumber(digits, out var number)) throw Unreadable();
            given.Add((key, number, note));
        }

        bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= highest;

        InvalidDataException Unreadable() => new($"{file} can't be read: which numbers were given is not known; remove it to begin at 1");
    }

    /// <param name="key">For what; no spaces.</param>
    /// <param name="note">Kept with a new number; no spaces, not empty.</param>
    /// <exception cref="IOException">It could not be made durable; nothing was given.</exception>
    public (int Number, string Note) Give(string key, string note)
    {
        lock (gate)
        {
            if (given.FindLast(g => g.Key == key) is { Key: not null } known) return (known.Number, known.Note);
            var number = next;
            given.Add((key, number, note));
            next = number == highest ? 1 : number + 1;
            try
            {
                Save();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                given.RemoveAt(given.Count - 1);
                next = number;
                throw;
            }

            if (given.Count > MostRemembered) given.RemoveRange(0, given.Count - MostRemembered);
            return (number, note);
        }
    }

    /// <summary>Nothing was sent under the last number, so that it can be another's; nothing happens when it isn't the last.</summary>
    public void TakeBack(string key)
    {
        lock (gate)
        {
            if (given.Count is 0 || given[^1].Key != key) return;
            var last = given[^1];
            given.RemoveAt(given.Count - 1);
            var after = next;
            next = last.Number;
            try
            {
                Save();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // It stays given, to the same.
                given.Add(last);
                next = after;
            }
        }
    }

    private void Save()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{next}\n");
        foreach (var (key, number, note) in given.TakeLast(MostRemembered)) text.Append(CultureInfo.InvariantCulture, $"{key} {number} {note}\n");
        DurableText.Write(file, text.ToString());
    }
}
