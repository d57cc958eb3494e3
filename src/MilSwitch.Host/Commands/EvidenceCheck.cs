using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Host.Api;
using MilSwitch.Host.Auditing;
using MilSwitch.Smime.Inspection;

namespace MilSwitch.Host.Commands;

/// <summary>
/// Judges exported evidence by itself: every file is what the list of digests says, the list is signed, the chain of custody
/// holds, and the messages are those that it tells of. Needs no node and no network.
/// </summary>
internal static class EvidenceCheck
{
    private const string Custody = "custody.json";
    private const string Original = "original.eml";

    /// <param name="folder">With the evidence.</param>
    /// <param name="options">How the signature is judged.</param>
    /// <param name="hasAnchors">Somebody is believed: then a signature must be there, and by them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandFault">The folder can't be read.</exception>
    public static async Task<EvidenceVerdict> JudgeAsync(EvidenceFolder folder, InspectionOptions options, bool hasAnchors, CancellationToken cancellationToken)
    {
        var problems = ImmutableArray.CreateBuilder<EvidenceProblem>();
        var names = folder.Names();
        var list = folder.Read(EvidenceEndpoints.Sums);
        var sums = list is null ? null : EvidenceFolder.Sums(list);
        if (list is null) Add(EvidenceEndpoints.Sums, "is missing");
        else if (sums is null) Add(EvidenceEndpoints.Sums, "is no list of digests");
        foreach (var (name, digest) in sums ?? new Dictionary<string, string>())
        {
            if (await folder.DigestAsync(name, cancellationToken) is not { } found) Add(name, "is missing");
            else if (found != digest) Add(name, "is not what the list of digests says");
        }

        foreach (var name in names)
        {
            if (sums is not null && !sums.ContainsKey(name) && name is not (EvidenceEndpoints.Sums or EvidenceEndpoints.Signature)) Add(name, "is not in the list of digests");
        }

        var chain = ReadChain(folder, sums, Add);
        if (CustodyChain.FirstFault(chain) is { } fault) problems.Add(new EvidenceProblem(Custody, fault, "does not follow from the one before it"));
        JudgeMessages(chain, sums, Add);
        var (signature, signer) = await JudgeSignatureAsync(folder, list, options, hasAnchors, Add, cancellationToken);
        return new EvidenceVerdict(problems.Count is 0 ? "valid" : "invalid", chain.Length, sums?.Count ?? 0, signature, signer, problems.ToImmutable());

        void Add(string file, string text) => problems.Add(new EvidenceProblem(file, null, text));
    }

    private static ImmutableArray<CustodyRecord> ReadChain(EvidenceFolder folder, IReadOnlyDictionary<string, string>? sums, Action<string, string> add)
    {
        if (sums is not null && !sums.ContainsKey(Custody)) add(Custody, "is not in the list of digests");
        if (folder.Read(Custody) is not { } octets) return [];
        try
        {
            var chain = BoundaryDocuments.ReadCustody(Encoding.UTF8.GetString(octets));
            if (!chain.IsDefault && chain.All(r => r is { Before: not null, After: not null })) return chain;
        }
        catch (JsonException)
        {
            // As below.
        }

        add(Custody, "is no chain of custody");
        return [];
    }

    // The files were compared with the list already, so the list speaks for them.
    private static void JudgeMessages(ImmutableArray<CustodyRecord> chain, IReadOnlyDictionary<string, string>? sums, Action<string, string> add)
    {
        if (chain.IsEmpty || sums is null) return;
        if (sums.TryGetValue(Original, out var came) && !chain.Any(r => r.Act is "accepted" or "corrected" && r.After == came)) add(Original, "is not the message that the chain of custody begins with");
        foreach (var (name, digest) in sums.Where(s => s.Key.StartsWith("released-", StringComparison.Ordinal)))
        {
            if (!chain.Any(r => r.Act is "released" && r.After == digest)) add(name, "is no message that the chain of custody says was released");
        }
    }

    private static async Task<(string State, string? Signer)> JudgeSignatureAsync(
        EvidenceFolder folder, byte[]? list, InspectionOptions options, bool hasAnchors, Action<string, string> add, CancellationToken cancellationToken)
    {
        if (list is null || folder.Read(EvidenceEndpoints.Signature) is not { } signature)
        {
            if (hasAnchors && list is not null) add(EvidenceEndpoints.Signature, "is missing");
            return ("none", null);
        }

        var judged = await DetachedSignature.JudgeAsync("the list of digests", list, signature, options, hasAnchors, cancellationToken);
        if (judged.Fault is { } fault) add(EvidenceEndpoints.Signature, "is not good: " + fault);
        return (judged.State, judged.Signer);
    }
}
