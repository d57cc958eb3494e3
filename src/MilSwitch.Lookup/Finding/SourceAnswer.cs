using System.Collections.Immutable;

namespace MilSwitch.Lookup.Finding;

/// <summary>What a source says. A closed set; immutable.</summary>
public abstract record SourceAnswer
{
    private SourceAnswer()
    {
    }

    /// <summary>For how long it may be kept, when the source knows that it is shorter than usual; null: as usual.</summary>
    public TimeSpan? GoodFor { get; init; }

    /// <summary>There is something.</summary>
    /// <param name="Certificates">To be judged; may be empty when there are associations.</param>
    public sealed record Found(ImmutableArray<FoundCertificate> Certificates) : SourceAnswer
    {
        /// <summary>What the recipient's domain says about its certificates (RFC 8162).</summary>
        public ImmutableArray<CertificateAssociation> Associations { get; init; } = [];

        /// <summary>Certificates of authorities that help to find a path; nothing is believed because of them. DER.</summary>
        public ImmutableArray<ReadOnlyMemory<byte>> Authorities { get; init; } = [];
    }

    /// <summary>The source answered, and has nothing.</summary>
    /// <param name="Detail">For an operator; may be empty.</param>
    public sealed record None(string Detail = "") : SourceAnswer;

    /// <summary>Whether there is something is not known; ask again later.</summary>
    /// <param name="Reason">For an operator.</param>
    public sealed record Unavailable(string Reason) : SourceAnswer;
}
