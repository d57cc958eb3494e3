using MilSwitch.Acp127;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Host.Acp127;

/// <summary>The lines that go out of this node, with the numbers that they give. Thread-safe.</summary>
internal sealed class Acp127Senders : IDisposable
{
    private const int HighestSerial = 9_999;

    private readonly Dictionary<string, Acp127Sender> senders = new(StringComparer.Ordinal);

    public Acp127Senders(NodeConfiguration initial, Func<NodeConfiguration> configuration, ISpool spool, TcpSmtpTransport tcp, TimeProvider time)
    {
        var stations = new Dictionary<string, Acp127Ledger>(StringComparer.Ordinal);
        foreach (var line in initial.Acp127.Lines.Where(l => l.Outbound is not null))
        {
            // Serial numbers are the station's, whichever line a message takes.
            if (!stations.TryGetValue(line.Station, out var serials)) serials = stations[line.Station] = new Acp127Ledger(spool, "serial:" + line.Station, HighestSerial);
            senders[line.Name] = new Acp127Sender(line.Name, serials, new Acp127Ledger(spool, "channel:" + line.Name, Acp127Channel.Highest), configuration, tcp, time);
        }
    }

    public Acp127Sender? Find(string line) => senders.GetValueOrDefault(line);

    public void Dispose()
    {
        foreach (var sender in senders.Values) sender.Dispose();
    }
}
