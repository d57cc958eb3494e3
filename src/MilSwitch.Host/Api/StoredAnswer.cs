using Microsoft.Extensions.Primitives;

namespace MilSwitch.Host.Api;

/// <summary>An answer as it went out, to be given again.</summary>
internal sealed record StoredAnswer(int Status, string? ContentType, StringValues Tag, ReadOnlyMemory<byte> Body);
