using System.Net;

namespace MilSwitch.Domain.Telemetry;

/// <summary>With whom a connection is spoken, as a trace chooses by it.</summary>
/// <param name="Session">Of the connection; <see cref="DialogueBoard.NextSession"/>.</param>
/// <param name="Listener">Where it came in; null: it went out.</param>
/// <param name="Address">Of the client; null: it went out.</param>
/// <param name="Link">Over which it went out; null: it came in.</param>
public readonly record struct DialoguePeer(long Session, string? Listener, IPAddress? Address, string? Link);
