using Akka.Actor;

namespace MilSwitch.Switching;

/// <summary>Marks messages between actors of one node; the closed serializer knows none of them, so they can't leave it.</summary>
internal interface ILocalMessage : INoSerializationVerificationNeeded;
