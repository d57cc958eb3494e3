using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MilSwitch.Host.Commands;

/// <summary>Whether exported evidence is what it was.</summary>
/// <param name="Verdict"><c>valid</c> or <c>invalid</c>.</param>
/// <param name="Records">Records of the chain of custody.</param>
/// <param name="Files">Files that were compared.</param>
/// <param name="Signature"><c>good</c>: by somebody who is believed; <c>unjudged</c>: good, and no anchors say by whom; <c>bad</c>; <c>none</c>.</param>
/// <param name="Signer">Who signed, as the certificate says; null: nobody, or nobody knows.</param>
/// <param name="Problems">The first that was found first.</param>
internal sealed record EvidenceVerdict(string Verdict, int Records, int Files, string Signature, string? Signer, ImmutableArray<EvidenceProblem> Problems);

/// <param name="File">Which file.</param>
/// <param name="Record">Number of the record of the chain; null: the file as a whole.</param>
/// <param name="Text">What is wrong.</param>
internal sealed record EvidenceProblem(string File, int? Record, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(EvidenceVerdict))]
internal sealed partial class EvidenceJson : JsonSerializerContext;
