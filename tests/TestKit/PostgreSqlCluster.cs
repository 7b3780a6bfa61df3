using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Partner.VercelSimulator;

namespace Partner.TestKit;

/// <summary>
/// A throw-away PostgreSQL server from the binaries of this machine, at a free port of 127.0.0.1, with a folder of its own. It can be
/// stopped, frozen and started again under its clients, so that an outage can be played. A shell watches it: when this process ends,
/// be it by SIGKILL, the server ends and the folder is deleted.
/// </summary>
public sealed class PostgreSqlCluster : IAsyncDisposable
{
    private const string SuperUser = "partner_test";

    /// <summary>The server refuses to run as root, so root gives it to this user, whom Debian's package makes.</summary>
    private const string ServerUser = "postgres";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _binaries;
    private readonly string _folder;
    private readonly string _durability;
    private readonly string _password = Guid.NewGuid().ToString("N");
    private readonly int _port = FreePort.Take();
    private Process? _watcher;
    private int _databases;

    private PostgreSqlCluster(string binaries, string folder, bool waitsForTheDisk) =>
        (_binaries, _folder, _durability) = (binaries, folder, waitsForTheDisk ? "" : "-c fsync=off -c full_page_writes=off");

    private string Data => Path.Combine(_folder, "data");

    /// <summary>As the server's owner, on its maintenance database.</summary>
    public string ConnectionString => For("postgres");

    /// <param name="waitsForTheDisk">
    /// As in production, for measurements. A test does not need it: what a killed server has written lies with the operating system, which no
    /// test takes down, while the making and dropping of databases is mostly waiting for the disk.
    /// </param>
    /// <returns>A running server; null where PostgreSQL is not installed, see <see cref="Missing"/>.</returns>
    public static async Task<PostgreSqlCluster?> StartAsync(bool waitsForTheDisk = false)
    {
        if (Missing() is not null)
            return null;
        var cluster = new PostgreSqlCluster(FindBinaries()!, Directory.CreateTempSubdirectory("partner-postgresql-").FullName, waitsForTheDisk);
        try
        {
            await cluster.InitializeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <returns>Why there can be no cluster on this machine, in a sentence; null if there can.</returns>
    public static string? Missing()
    {
        if (OperatingSystem.IsWindows())
            return "PostgreSQL's binaries are looked for on Linux and macOS only.";
        if (FindBinaries() is null)
            return "PostgreSQL's binaries (initdb, pg_ctl) are neither in /usr/lib/postgresql/*/bin nor in PATH.";
        return Environment.UserName == "root" && !File.ReadLines("/etc/passwd").Any(line => line.StartsWith(ServerUser + ":", StringComparison.Ordinal))
            ? $"PostgreSQL refuses to run as root, and there is no user '{ServerUser}'."
            : null;
    }

    /// <summary>Makes a database.</summary>
    /// <param name="template">The name of one that it becomes a copy of, to which nobody may be connected.</param>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string? template = null)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"partner_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync($"CREATE DATABASE {name}{(template is null ? "" : $" TEMPLATE {template}")}");
        return For(name);
    }

    public async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(For(database)) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
#pragma warning disable CA2100 // Tests write their own SQL.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>An outage: connections break at once and new ones are refused, as when the server's process is killed.</summary>
    public Task StopAsync() => PgCtlAsync("stop", "-m", "immediate");

    /// <summary>After <see cref="StopAsync"/>: on the same port, with what was committed before.</summary>
    public Task StartAgainAsync() => PgCtlAsync("start", "-l", Path.Combine(_folder, "log"), "-o", string.Create(CultureInfo.InvariantCulture, $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c max_connections=300 {_durability}"));

    /// <summary>The worse outage: nothing is refused and nothing is answered.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>Everything that a database holds, as text.</summary>
    /// <param name="connectionString">As <see cref="CreateDatabaseAsync"/> has given it.</param>
    public Task<string> DumpAsync(string connectionString) =>
        RunAsync(Path.Combine(_binaries, "pg_dump"), ["-h", "127.0.0.1", "-p", Port, "-U", SuperUser, new NpgsqlConnectionStringBuilder(connectionString).Database!]);

    public async ValueTask DisposeAsync()
    {
        if (_watcher is null)
        {
            await RunAsServerAsync("rm", "-rf", _folder);
            return;
        }

        _watcher.StandardInput.Close();
        await _watcher.WaitForExitAsync();
        _watcher.Dispose();
    }

    private string Port => _port.ToString(CultureInfo.InvariantCulture);

    private static string? FindBinaries()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0).Select(folder => Path.Combine(folder, "bin"))
            : [];
        return debian.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }

    private string For(string database) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = _port, Username = SuperUser, Password = _password, Database = database }.ConnectionString;

    private async Task InitializeAsync()
    {
        var password = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(password, _password);
        if (Environment.UserName == "root")
            await RunAsync("chown", ["-R", ServerUser, _folder]);
        await RunAsServerAsync(Path.Combine(_binaries, "initdb"), "-D", Data, "-U", SuperUser, "-A", "scram-sha-256", $"--pwfile={password}", "-E", "UTF8", "--locale=C", "--no-sync");
        Watch();
        await StartAgainAsync();
    }

    /// <summary>The end of our process closes the watcher's input, however it ends. A frozen server hears nothing until it is awake.</summary>
    private void Watch()
    {
        var start = AsServer("sh", "-c", "trap '' INT TERM HUP; read -r _; kill -CONT $(head -n 1 \"$2/data/postmaster.pid\"); \"$1/pg_ctl\" stop -D \"$2/data\" -m immediate; rm -rf \"$2\"", "watcher", _binaries, _folder);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _watcher = Process.Start(start)!;
    }

    private Task<string> PgCtlAsync(string what, params string[] options) => RunAsServerAsync(Path.Combine(_binaries, "pg_ctl"), [what, "-w", "-s", "-D", Data, .. options]);

    private async Task SignalAsync(string signal)
    {
        var postmaster = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        var children = await RunAsync("ps", ["-o", "pid=", "--ppid", postmaster]);
        await RunAsync("kill", [$"-{signal}", postmaster, .. children.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)]);
    }

    private static Task<string> RunAsServerAsync(string program, params string[] arguments)
    {
        var start = AsServer(program, arguments);
        return RunAsync(start);
    }

    private static ProcessStartInfo AsServer(string program, params string[] arguments) => Environment.UserName == "root"
        ? new ProcessStartInfo("setpriv", [$"--reuid={ServerUser}", $"--regid={ServerUser}", "--init-groups", program, .. arguments])
        : new ProcessStartInfo(program, arguments);

    private Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        start.Environment["PGPASSWORD"] = _password;
        return RunAsync(start);
    }

    private static async Task<string> RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{string.Join(' ', start.ArgumentList.Prepend(start.FileName))} ended with {process.ExitCode}: {await error}");
    }
}
