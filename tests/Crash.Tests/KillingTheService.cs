using Partner.Crash.Tests.Runs;

namespace Partner.Crash.Tests;

/// <summary>One run per database; each test asks for one invariant of docs/reliability.md.</summary>
public abstract class KillingTheService(CrashRunFixture run)
{
    [Fact]
    public void Every_point_was_reached() => Report.Missed.ShouldBeEmpty();

    [Fact]
    public void The_points_are_where_their_names_say() => string.Concat(Report.Points.Select(Report.Of)).ShouldBeEmpty();

    [Fact]
    public void I1_what_was_answered_is_durable() => Report.Of("I1").ShouldBeEmpty();

    [Fact]
    public void I2_a_life_ends_once() => Report.Of("I2").ShouldBeEmpty();

    [Fact]
    public void I3_no_purge_was_early() => Report.Of("I3").ShouldBeEmpty();

    [Fact]
    public void I4_nothing_due_was_left_undone() => Report.Of("I4").ShouldBeEmpty();

    [Fact]
    public void I5_no_due_time_moved_later() => Report.Of("I5").ShouldBeEmpty();

    [Fact]
    public void I6_no_key_worked_after_the_uninstall() => Report.Of("I6").ShouldBeEmpty();

    [Fact]
    public void I7_nobody_was_billed_twice_at_the_end() => Report.Of("I7").ShouldBeEmpty();

    [Fact]
    public void I8_what_is_remembered_is_what_happened() => Report.Of("I8").ShouldBeEmpty();

    [Fact]
    public void I9_the_neighbours_are_as_they_were() => Report.Of("I9").ShouldBeEmpty();

    private Report Report
    {
        get
        {
            Assert.SkipWhen(run.Missing.Length > 0, run.Missing);
            return run.Report;
        }
    }
}

public sealed class KillingTheServiceOnSqlite(SqliteRun run) : KillingTheService(run), IClassFixture<SqliteRun>;

public sealed class KillingTheServiceOnPostgreSql(PostgreSqlRun run) : KillingTheService(run), IClassFixture<PostgreSqlRun>;
