using System.Collections.Immutable;

namespace MilSwitch.Lookup.Service.Log;

/// <summary>Where every issued certificate is recorded before anybody has it. Implementations are thread-safe and keep the order of calls.</summary>
public interface IProxyLog
{
    /// <summary>Appends records, all or none, and ends when they are durable. Can't be given up half done.</summary>
    /// <exception cref="ProxyLogException">They are not recorded: what they tell of must not be handed out.</exception>
    ValueTask AppendAsync(ImmutableArray<ProxyLogRecord> records);
}
