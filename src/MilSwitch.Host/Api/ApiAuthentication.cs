using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Api;

/// <summary>Who sent a request, and what they may do. A request without this feature is answered with 401.</summary>
public sealed record ApiCaller(OperatorIdentity Identity);

/// <summary>What needs nothing but the request: a bearer token over TCP, and over the Unix socket the right to open it, which the file system judges.</summary>
internal static class ApiAuthentication
{
    private const int SolSocket = 1;
    private const int SoPeerCredentials = 17;
    private const int MaximumTokenOctets = 4096;

    /// <summary>Null: no or a wrong token.</summary>
    public static OperatorIdentity? Authenticate(HttpContext context, AdminSettings settings)
    {
        if (context.Features.Get<EndpointRole>() == EndpointRole.AdminSocket)
            return new OperatorIdentity(PeerOf(context), "socket") { Roles = OperatorRoles.All };

        var header = context.Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || value.Length > MaximumTokenOctets) return null;
        if (!value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return null;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(value[7..].Trim()), digest);
        AdminToken? found = null;
        foreach (var token in settings.Tokens)
        {
            // Every token is compared, in constant time, so that time tells nothing.
            if (CryptographicOperations.FixedTimeEquals(token.Digest.AsSpan(), digest)) found = token;
        }

        return found is null ? null : new OperatorIdentity(found.Name, context.Connection.RemoteIpAddress?.ToString() ?? "") { Roles = found.Roles };
    }

    // unix(7): SO_PEERCRED fills struct ucred { pid, uid, gid }.
    private static string PeerOf(HttpContext context)
    {
        if (!OperatingSystem.IsLinux() || context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return "local";
        Span<byte> credentials = stackalloc byte[12];
        try
        {
            return socket.GetRawSocketOption(SolSocket, SoPeerCredentials, credentials) == credentials.Length
                ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"local:{MemoryMarshal.Read<uint>(credentials[4..])}")
                : "local";
        }
        catch (SocketException)
        {
            return "local";
        }
    }
}
