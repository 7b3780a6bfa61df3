using System.Diagnostics;

namespace Partner.Application.Ports;

/// <summary>What is logged of a product's exception: its types and where it came from. Its message is somebody else's and may name a customer.</summary>
internal static class ProductFault
{
    /// <returns>One line: <c>HttpRequestException (503), SocketException at Acme.Client.DeleteAsync(String id) in Client.cs:line 12</c>.</returns>
    public static string Describe(Exception exception)
    {
        var types = new List<string>();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            types.Add(cause is HttpRequestException { StatusCode: { } status } ? $"{cause.GetType().Name} ({(int)status})" : cause.GetType().Name);
        var at = new StackTrace(exception, fNeedFileInfo: true).ToString().Split(Environment.NewLine).Select(line => line.Trim()).FirstOrDefault(line => !line.StartsWith("at System.", StringComparison.Ordinal));
        return $"{string.Join(", ", types)} {at}".TrimEnd();
    }
}
