using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Profiling;

/// <summary>Somebody to whom a message goes, once.</summary>
public sealed record ProfileAddressee(Mailbox Mailbox, ProfileRole Role);
