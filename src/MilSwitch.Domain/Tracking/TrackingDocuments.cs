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

    /// <summary>What the names of all documents under one ENVID and secret begin with.</summary>
    public static string Key(string envelopeId, TrackingCertifier certifier) => MessageNames.Key(Encoding.UTF8.GetBytes($"{certifier.Text} {envelopeId}"));

    /// <summary>The document of a message; null: nothing asked for one.</summary>
    public static StoredDocument? For(MessageId id, Envelope envelope) =>
        envelope is { Tracking: { } tracking, EnvelopeId: { } envelopeId }
            ? MessageNames.Write(Kind, Key(envelopeId, tracking.Certifier), id, tracking.Until)
            : null;

    /// <summary>The message and the end of its time; false: it is something else. Never throws.</summary>
    public static bool TryRead(StoredDocument document, out MessageId message, out DateTimeOffset until)
    {
        var isOne = MessageNames.TryRead(document, out message, out until);
        return document.Kind == Kind && isOne;
    }
}
