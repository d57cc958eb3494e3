using System.Collections.Immutable;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Operations;

/// <summary>Evidence about a message as files; disposing closes their contents. For one reader.</summary>
public sealed class CustodyExport(ImmutableArray<EvidenceFile> files) : IAsyncDisposable
{
    /// <summary>Each name once.</summary>
    public ImmutableArray<EvidenceFile> Files { get; } = files;

    public async ValueTask DisposeAsync()
    {
        foreach (var file in Files) await file.Content.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>One file of evidence.</summary>
/// <param name="Name">Letters, digits, hyphens and dots.</param>
/// <param name="Digest">SHA-384 of its octets, in hexadecimal.</param>
/// <param name="Content">Its octets, to be read once.</param>
public sealed record EvidenceFile(string Name, string Digest, ContentReader Content);
