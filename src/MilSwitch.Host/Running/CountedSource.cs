using System.Diagnostics.Metrics;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Finding;

namespace MilSwitch.Host.Running;

/// <summary>A source whose answers are counted. Thread-safe.</summary>
/// <param name="source">Answers.</param>
/// <param name="domain">The security domain that asks.</param>
/// <param name="questions">Counts.</param>
internal sealed class CountedSource(ICertificateSource source, string domain, Counter<long> questions) : ICertificateSource, IDisposable
{
    public string Name => source.Name;

    public bool IsLocal => source.IsLocal;

    public bool Constrains => source.Constrains;

    public async ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
    {
        var outcome = "unavailable";
        try
        {
            var answer = await source.FindAsync(recipient, cancellationToken).ConfigureAwait(false);
            outcome = answer switch { SourceAnswer.Found => "found", SourceAnswer.None => "none", _ => outcome };
            return answer;
        }
        finally
        {
            questions.Add(1, new("domain", domain), new("source", source.Name), new("outcome", outcome));
        }
    }

    public void Dispose() => (source as IDisposable)?.Dispose();
}
