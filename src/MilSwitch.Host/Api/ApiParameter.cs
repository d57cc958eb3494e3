using Microsoft.OpenApi;

namespace MilSwitch.Host.Api;

/// <summary>Something that an operation reads besides its path and body; said once, at the route.</summary>
internal sealed record ApiParameter(string Name, ParameterLocation In, string Description, JsonSchemaType Type = JsonSchemaType.String, bool Required = false);

/// <summary>A status that an operation can answer with besides those of all.</summary>
internal sealed record ApiStatus(int Status, string Description);

/// <summary>What a good answer consists of, when it is not JSON.</summary>
internal sealed record ApiContent(string MediaType);

/// <summary>The operation's good answers carry an <c>ETag</c>.</summary>
internal sealed record ApiTag;
