using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace MilSwitch.Host.Api;

/// <summary>The OpenAPI document: what ASP.NET Core finds at the routes, and what the routes say beyond it.</summary>
internal static class ApiDocument
{
    private const string Bearer = "bearer";

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "MilSwitch admin API", Version = "1",
                Description = "Everything an operator can see and do. Bearer token over TCP, none over the Unix socket. Tokens of viewers: GET only, and no content.",
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = Bearer, Description = "A token of admin.tokens" },
            };
            // The classes behind the routes are nobody's business.
            document.Tags = null;
            foreach (var path in document.Paths.Values)
            {
                if (path.Operations is null) continue;
                foreach (var operation in path.Operations.Values) operation.Tags = null;
            }

            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context.Description.ActionDescriptor.EndpointMetadata);
            return Task.CompletedTask;
        });
    }

    private static void Describe(OpenApiOperation operation, IList<object> metadata)
    {
        foreach (var parameter in metadata.OfType<ApiParameter>())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = parameter.Name, In = parameter.In, Description = parameter.Description, Required = parameter.Required,
                Schema = new OpenApiSchema { Type = parameter.Type },
            });
        }

        operation.Responses ??= [];
        foreach (var status in metadata.OfType<ApiStatus>())
        {
            var code = status.Status.ToString(CultureInfo.InvariantCulture);
            if (operation.Responses.TryGetValue(code, out var known)) known.Description = status.Description;
            else operation.Responses[code] = new OpenApiResponse { Description = status.Description };
        }

        foreach (var content in metadata.OfType<ApiContent>())
        {
            if (operation.Responses.TryGetValue("200", out var good) && good is OpenApiResponse answer)
                answer.Content = new Dictionary<string, OpenApiMediaType> { [content.MediaType] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String } } };
        }

        if (!metadata.OfType<ApiTag>().Any()) return;
        foreach (var response in operation.Responses.Where(r => r.Key is "200" or "304").Select(r => r.Value).OfType<OpenApiResponse>())
        {
            response.Headers ??= new Dictionary<string, IOpenApiHeader>();
            response.Headers["ETag"] = new OpenApiHeader { Description = "Changes with the state", Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }
    }
}
