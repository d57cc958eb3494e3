using System.Globalization;
using System.Security.Cryptography;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Spool;

/// <summary>
/// Small documents by which messages are found that have something in common which nobody should read in the store: the id of
/// each begins with a hash of that and ends with the message's own. Hexadecimal, so that every store orders them alike.
/// </summary>
public static class MessageNames
{
    private const int KeyDigits = 64;

    /// <summary>What the ids of all documents begin with that have this in common.</summary>
    public static string Key(ReadOnlySpan<byte> common) => Convert.ToHexStringLower(SHA256.HashData(common));

    /// <param name="kind">Of the documents.</param>
    /// <param name="key">What is in common.</param>
    /// <param name="message">Found by it.</param>
    /// <param name="until">Nobody asks for it later, unless it is not done.</param>
    public static StoredDocument Write(string kind, string key, MessageId message, DateTimeOffset until) =>
        new(kind, key + message.Value.ToString("x16", CultureInfo.InvariantCulture), until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

    /// <summary>The message and the end of its time; false: it is something else. Never throws.</summary>
    public static bool TryRead(StoredDocument document, out MessageId message, out DateTimeOffset until)
    {
        message = default;
        until = default;
        if (document.Id.Length != KeyDigits + 16) return false;
        if (!long.TryParse(document.Id.AsSpan(KeyDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)) return false;
        if (!long.TryParse(document.Json, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799) return false;
        message = new MessageId(id);
        until = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }
}
