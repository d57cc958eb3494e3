using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Tests.Finding;

/// <summary>A source that says what a test wants, and counts how often it is asked.</summary>
internal sealed class ScriptedSource(Func<Mailbox, ValueTask<SourceAnswer>> answer, string name = "scripted", bool constrains = false) : ICertificateSource
{
    private int asked;

    public string Name => name;

    public bool Constrains => constrains;

    public int Asked => Volatile.Read(ref asked);

    public static ScriptedSource With(params Certificate[] certificates) => new(_ => ValueTask.FromResult(Found(certificates)));

    public static SourceAnswer Found(params Certificate[] certificates) => new SourceAnswer.Found([.. certificates.Select(c => new FoundCertificate(c.Encoded, "scripted"))]);

    public ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref asked);
        return answer(recipient);
    }
}
