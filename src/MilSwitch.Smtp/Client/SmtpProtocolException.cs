namespace MilSwitch.Smtp.Client;

/// <summary>The peer broke the protocol: what it sent is not an answer. Never leaves the client; the message is for the operator.</summary>
internal sealed class SmtpProtocolException(string message) : Exception(message);
