namespace MilSwitch.Domain.Telemetry;

/// <summary>Who said a line of an SMTP dialogue.</summary>
public enum DialogueDirection : byte
{
    /// <summary>Nobody: something happened to the connection.</summary>
    Event,

    /// <summary>The client.</summary>
    Client,

    /// <summary>The server.</summary>
    Server,
}
