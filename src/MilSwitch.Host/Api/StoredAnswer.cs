using Microsoft.Extensions.Primitives;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>An answer as it went out, to be given again.</summary>
internal sealed record StoredAnswer(int Status, string? ContentType, StringValues Tag, ReadOnlyMemory<byte> Body)
{
    public static StoredAnswer Of(RequestAnswer answer) => new(answer.Status, answer.Type, answer.Tag, answer.Body);

    public RequestAnswer ToShared() => new(Status, ContentType, Tag, Body);
}
