using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Tracking;

/// <summary>
/// What the store keeps so that a message is found by its ENVID and its secret: one document for each message, under a name
/// that only who knows both can make. Whoever knows one of them finds nothing, in the same time as for one that never was.
/// </summary>
public static class TrackingDocuments
{
    public const string Kind = "tracked";

    /// <summary>Messages under one ENVID and secret: a client that makes several transactions of one message, or a loop.</summary>
    public const int MostMessages = 16;

    private const int KeyDigits = 64;

    /// <summary>What the names of all documents under one ENVID and secret begin with. Hexadecimal, so that every store orders them alike.</summary>
    public static string Key(string envelopeId, TrackingCertifier certifier) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{certifier.Text} {envelopeId}")));

    /// <summary>The document of a message; null: nothing asked for one.</summary>
    public static StoredDocument? For(MessageId id, Envelope envelope) =>
        envelope is { Tracking: { } tracking, EnvelopeId: { } envelopeId }
            ? new StoredDocument(Kind, Key(envelopeId, tracking.Certifier) + id.Value.ToString("x16", CultureInfo.InvariantCulture), tracking.Until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))
            : null;

    /// <summary>The message and the end of its time; false: it is something else. Never throws.</summary>
    public static bool TryRead(StoredDocument document, out MessageId message, out DateTimeOffset until)
    {
        message = default;
        until = default;
        if (document.Kind != Kind || document.Id.Length != KeyDigits + 16) return false;
        if (!long.TryParse(document.Id.AsSpan(KeyDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)) return false;
        if (!long.TryParse(document.Json, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799) return false;
        message = new MessageId(id);
        until = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }
}
