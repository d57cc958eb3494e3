using System.Net.Sockets;
using MilSwitch.Domain.Spool;
using Npgsql;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>What an error of the server or of the way to it means.</summary>
internal enum StoreFault : byte
{
    /// <summary>The operation itself can't be stored.</summary>
    Other,

    /// <summary>The connection is gone, or the server is not up or not taking writes: another try over another connection may help.</summary>
    Lost,

    /// <summary>Two transactions stood in each other's way: this one did not happen and can be tried again.</summary>
    Again,

    /// <summary>No space on the server.</summary>
    Full,

    /// <summary>The server can't write.</summary>
    Unwritable,

    /// <summary>MF001: another node has a partition.</summary>
    Fenced,

    /// <summary>MF002: a recipient was accepted before.</summary>
    Duplicate,

    /// <summary>MF003: the transaction's number has been there.</summary>
    Turn,

    /// <summary>MF004: something was applied before.</summary>
    Repeated,

    /// <summary>MF005: a content is not whole.</summary>
    Content,

    /// <summary>MF006: something was judged by rules or settings that are not the newest.</summary>
    Outdated,
}

internal static class StoreFaults
{
    public static StoreFault Of(Exception error) => error switch
    {
        PostgresException { SqlState: var state } => Of(state),
        NpgsqlException or IOException or SocketException or TimeoutException => StoreFault.Lost,
        _ => StoreFault.Other,
    };

    /// <summary>The server may answer in a moment: it is not there, starts, stops or is crowded.</summary>
    public static bool MayPass(Exception error) => error switch
    {
        PostgresException { SqlState: var state } => state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal),
        _ => Of(error) is StoreFault.Lost,
    };

    /// <summary>The exception for whoever asked the store for something.</summary>
    public static SpoolUnavailableException Unavailable(Exception error) =>
        new(Of(error) is StoreFault.Full ? SpoolHealth.Full : SpoolHealth.Unwritable, error);

    /// <summary>An error that is the store's and not the caller's.</summary>
    public static bool IsOfStore(Exception error) => Of(error) is not StoreFault.Other || error is PostgresException;

    private static StoreFault Of(string state) => state switch
    {
        "MF001" => StoreFault.Fenced,
        "MF002" => StoreFault.Duplicate,
        "MF003" => StoreFault.Turn,
        "MF004" => StoreFault.Repeated,
        "MF005" => StoreFault.Content,
        "MF006" => StoreFault.Outdated,
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable => StoreFault.Again,
        PostgresErrorCodes.DiskFull => StoreFault.Full,
        // A server that is starting, stopping, a standby, crowded, or that lets this user in at another time.
        PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction => StoreFault.Lost,
        _ => state[..2] switch
        {
            "08" or "28" or "3D" or "53" or "57" => StoreFault.Lost,
            "58" => StoreFault.Unwritable,
            _ => StoreFault.Other,
        },
    };
}
