using System.Data.Common;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Partner.Infrastructure.Persistence;

/// <summary>What goes wrong with the database itself, told apart from a defect of ours.</summary>
public static class DatabaseFault
{
    /// <summary>Also one that the provider or Entity Framework has wrapped: of a connection that has ended, another part may say that it is disposed of.</summary>
    public static bool IsOne(Exception exception) =>
        exception is DbException or DbUpdateException or TimeoutException or RetryLimitExceededException || (exception.InnerException is { } inner && IsOne(inner));

    /// <returns>A sentence for whoever starts the service, which never holds a password; null if it is no fault of the database's.</returns>
    public static string? Describe(Exception exception) => exception switch
    {
        DbUpdateException or RetryLimitExceededException => exception.InnerException is { } inner ? Describe(inner) : null,
        // The states are the SQL standard's, which SQL Server does not tell.
        DbException { SqlState: "3D000" } => $"ConnectionStrings:Partner names a database that is not there ({exception.Message}): correct its name, or make it with CREATE DATABASE and then run the service once with the command 'migrate'.",
        DbException { SqlState: "28P01" or "28000" } => $"ConnectionStrings:Partner names a user whom the server does not let in ({exception.Message}): correct the user or the password.",
        DbException { InnerException: SocketException or TimeoutException } or SocketException or TimeoutException => $"ConnectionStrings:Partner names a server that cannot be reached ({exception.Message}): correct its name or port, or start it.",
        DbException => $"The database that ConnectionStrings:Partner names cannot be used at present: {exception.Message}",
        _ => null,
    };
}
