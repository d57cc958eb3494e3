using System.Formats.Tar;
using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Running;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Host.Api;

/// <summary>Why messages are where they are, and what was done to them.</summary>
internal static class EvidenceEndpoints
{
    public const string ArchiveType = "application/x-tar";
    public const string Sums = "SHA384SUMS";
    public const string Signature = "SHA384SUMS.p7s";

    public static void MapEvidence(this IEndpointRouteBuilder api)
    {
        api.MapGet("/messages/{id}/decisions", DecisionsAsync)
            .Describe<DecisionsView>("decisions", "Why a message is where it is: every passage through a boundary, step by step").Tagged();
        api.MapGet("/messages/{id}/custody", CustodyAsync).Describe<CustodyView>("custody", "What boundaries did to a message").Tagged();
        api.MapGet("/messages/{id}/custody/export", ExportAsync)
            .Describe("exportCustody", "The evidence about a message as files, signed where the node has a key for that; audited as viewed")
            .Answers(ArchiveType).Stored().Fails(503, "The key that signs evidence can't be used now");
    }

    private static async Task<IResult> DecisionsAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return NoId();
        return await actions.DecisionsAsync(message, cancellationToken) is { } decisions
            ? Conditions.Answer(context, DecisionsView.Of(decisions), ApiJson.Default.DecisionsView)
            : NoMessage(message);
    }

    private static async Task<IResult> CustodyAsync(string id, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return NoId();
        return await actions.CustodyAsync(message, cancellationToken) is { } custody
            ? Conditions.Answer(context, CustodyView.Of(custody), ApiJson.Default.CustodyView)
            : NoMessage(message);
    }

    private static async Task<IResult> ExportAsync(string id, HttpContext context, IOperatorActions actions, AuditSigner signer, CancellationToken cancellationToken)
    {
        if (!MessageId.TryParse(id, out var message)) return NoId();
        if (await actions.ExportCustodyAsync(message, ApiEndpoints.CallerOf(context).Identity, cancellationToken) is not { } export) return NoMessage(message);
        await using var evidence = export;
        var sums = Encoding.ASCII.GetBytes(string.Concat(export.Files.Select(f => $"{f.Digest}  {f.Name}\n")));
        byte[]? signature;
        try
        {
            signature = await signer.SignAsync(sums, cancellationToken);
        }
        catch (KeyUnavailableException)
        {
            return Problems.Answer(503, "The key that signs evidence can't be used now", "Ask again, or look at the tokens of the node.");
        }

        context.Response.ContentType = ArchiveType;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{message}.tar\"";
        await using var archive = new TarWriter(context.Response.Body, TarEntryFormat.Pax, leaveOpen: true);
        await AddAsync(archive, Sums, new MemoryStream(sums), cancellationToken);
        if (signature is not null) await AddAsync(archive, Signature, new MemoryStream(signature), cancellationToken);
        foreach (var file in export.Files) await AddAsync(archive, file.Name, new ContentStream(file.Content), cancellationToken);
        return Results.Empty;
    }

    private static async Task AddAsync(TarWriter archive, string name, Stream octets, CancellationToken cancellationToken)
    {
        await using var data = octets;
        await archive.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite }, cancellationToken);
    }

    private static IResult NoId() => Problems.BadRequest("The id is not 13 characters of base 32.");

    private static IResult NoMessage(MessageId id) => Problems.NotFound($"There is no message {id}.");
}
