using System.Diagnostics;
using System.Globalization;
using Partner.Benchmarks;
using Partner.VercelSimulator;
using Partner.VercelSimulator.Demo;

// Measures the real service as a process of its own, over loopback, with a database that flushes every commit:
// dotnet run -c Release --project tests/Benchmarks -- [count] [connections] [past uninstalls in the database] [Sqlite|PostgreSql]
var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 20_000;
var connections = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 16;
var past = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 0;
var provider = args.Length > 3 ? args[3] : "Sqlite";

var folder = Directory.CreateTempSubdirectory("partner-benchmark-").FullName;
try
{
    await using var database = await Database.StartAsync(provider, folder);
    using var keys = VercelKeys.Create();
    await using var platform = await VercelPlatform.StartAsync(keys);
    var tokens = new VercelTokens(keys) { Audience = "oac_benchmark", Lifetime = TimeSpan.FromHours(4) };
    var port = FreePort.Take();
    var settings = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
        ["Vercel__IntegrationId"] = "oac_benchmark",
        ["Vercel__ClientSecret"] = "benchmark-secret",
        ["Vercel__JwksUri"] = platform.JwksUri,
        ["Vercel__ApiBaseUri"] = platform.BaseUri,
    };
    foreach (var (name, value) in database.Settings)
        settings[name] = value;
    foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
    {
        if (variable.Key is string name && name.StartsWith("DOTNET_", StringComparison.Ordinal))
            settings[name] = (string)variable.Value!; // To try the runtime's own switches on it.
    }

    await using var service = new ServiceProcess(ServiceBuild.FindAssembly(), new Uri($"http://127.0.0.1:{port}/"), folder, Path.Combine(folder, "service.log"), settings);
    try
    {
        await service.StartAsync(CancellationToken.None);
    }
    catch (DemoFailedException)
    {
        await Console.Error.WriteLineAsync(string.Join('\n', service.LogTail(20)));
        throw;
    }

    if (past > 0)
    {
        await LifeAsync(new Customers(tokens, "past", 1), "free", quiet: true);
        await PurgedAsync("past");
    }

    await service.KillAsync();
    if (past > 0)
        await Past.MultiplyAsync(database, past);

    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {database.Description}, {connections} connections, {past} past uninstalls"));
    var started = Stopwatch.GetTimestamp();
    await service.StartAsync(CancellationToken.None);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ready after {Stopwatch.GetElapsedTime(started).TotalSeconds:F2} s with an existing database"));

    var warm = new Customers(tokens, "warm", 3000);
    await LifeAsync(warm, "pro", quiet: true);
    await LifeAsync(new Customers(tokens, "warmfree", 3000), "free", quiet: true);
    await PurgedAsync("warmfree");

    var paying = new Customers(tokens, "pay", count);
    await LifeAsync(paying, "pro", quiet: false);
    Report(await RunAsync("DELETE again, replayed", paying.Deletes, (status, answer) => status == 200 && answer.IndexOf("Idempotent-Replayed: true"u8) >= 0));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"resident after {4 * count} requests: {Process.GetProcessById(service.ProcessId).WorkingSet64 / 1024 / 1024} MB"));

    var free = new Customers(tokens, "free", count);
    started = Stopwatch.GetTimestamp();
    var deleted = await LifeAsync(free, "free", quiet: false);
    var sinceFirstDelete = deleted.Time;
    var waiting = Stopwatch.GetTimestamp();
    await PurgedAsync("free");
    var all = sinceFirstDelete + Stopwatch.GetElapsedTime(waiting);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"free: {count / all.TotalSeconds:F0} DELETE/s, and purges/s, until everything is purged ({all.TotalSeconds:F1} s)"));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"resident at the end: {Process.GetProcessById(service.ProcessId).WorkingSet64 / 1024 / 1024} MB"));

    // As after an outage: everybody's window is over at the start, and nothing has an alarm, so the sweep does it all.
    await service.KillAsync();
    await using (var connection = await database.OpenAsync())
    await using (var over = connection.CreateCommand())
    {
        over.CommandText = """UPDATE "Uninstallations" SET "DueAt" = "RequestedAt", "DeprovisionFrom" = "RequestedAt", "NextRunAt" = "RequestedAt" WHERE "PurgedAt" IS NULL""";
        var due = await over.ExecuteNonQueryAsync();
        started = Stopwatch.GetTimestamp();
        await service.StartAsync(CancellationToken.None);
        await PurgedAsync("");
        var drained = Stopwatch.GetElapsedTime(started);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"drain: {due} due at the start, {due / drained.TotalSeconds:F0} purges/s with the start ({drained.TotalSeconds:F1} s)"));
    }

    // Processor time tells the cost of a request whatever else the machine is doing.
    async Task<Measurement> RunAsync(string what, IReadOnlyList<byte[]> requests, Expectation isExpected)
    {
        var before = Cpu();
        var measured = await Load.RunAsync(what, port, connections, requests, isExpected);
        return measured with { CpuPerRequest = (Cpu() - before) / requests.Count };
    }

    TimeSpan Cpu() => Process.GetProcessById(service.ProcessId).TotalProcessorTime;

    async Task<Measurement> LifeAsync(Customers customers, string plan, bool quiet)
    {
        Report(await RunAsync("PUT installation", customers.Installs, (status, _) => status == 200), quiet);
        Report(await RunAsync($"POST resource on {plan}", customers.Provisions(plan), (status, _) => status == 200), quiet);
        var delete = await RunAsync($"DELETE, its own installation on {plan}", customers.Deletes, (status, _) => status == 200);
        Report(delete, quiet);
        return delete;
    }

    async Task PurgedAsync(string prefix)
    {
        await using var connection = await database.OpenAsync();
        await using var left = connection.CreateCommand();
        left.CommandText = """SELECT COUNT(*) FROM "Installations" WHERE "Id" LIKE @id""";
        var id = left.CreateParameter();
        (id.ParameterName, id.Value) = ("@id", $"icfg_{prefix}%");
        left.Parameters.Add(id);
        var deadline = Stopwatch.GetTimestamp();
        while ((long)(await left.ExecuteScalarAsync())! > 0)
        {
            if (Stopwatch.GetElapsedTime(deadline) > TimeSpan.FromMinutes(3))
                throw new TimeoutException("The purges did not come to an end.");
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static void Report(Measurement measurement, bool quiet = false)
{
    if (!quiet)
        Console.WriteLine(measurement);
}
