using FsCheck.Xunit;
using Partner.Domain.Installations;
using Partner.Domain.Installations.Events;
using Partner.Domain.Resources;
using Partner.Domain.Tests.Installations;
using Partner.Domain.Uninstallations;
using Partner.TestKit;
using Shouldly;

namespace Partner.Domain.Tests.Uninstallations;

/// <summary>
/// Whatever is called in whatever order while the clock goes on (now and then it is set back): the due time never moves later,
/// nothing is purged before it is due, there is one uninstall per life, and what is finalized stays so.
/// </summary>
[Rule("D9")]
public sealed class AnySequenceOfCalls
{
    [Property(MaxTest = 2000)]
    public void Keeps_the_invariants(byte[] calls)
    {
        var world = new World();
        foreach (var call in calls)
            world.Do(call);
    }

    [Property(MaxTest = 500)]
    public void Keeps_them_once_the_uninstall_has_begun(byte[] calls, bool? cascade, bool paid, bool suspend, bool keep)
    {
        var world = new World();
        world.Uninstall(cascade, paid, suspend, keep);
        foreach (var call in calls)
            world.Do(call);
    }

    private sealed class World
    {
        private readonly Installation _installation = A.Installation();
        private readonly List<Resource> _resources = [];
        private readonly List<Guid> _begun = [];
        private DateTimeOffset _now = A.Now;
        private Uninstallation? _uninstallation;

        public void Do(byte call)
        {
            var before = _uninstallation is { } present ? (present.DueAt, present.FinalizedAt, present.PurgedAt, present.Id) : default;
            var argument = call / 16;
            switch (call % 16)
            {
                case 0 or 1:
                    _now += TimeSpan.FromMinutes(argument * 37);
                    break;
                case 2:
                    _now += TimeSpan.FromHours(argument * 3);
                    break;
                case 3:
                    _now -= TimeSpan.FromSeconds(argument); // A clock that is set right.
                    break;
                case 4 or 5:
                    Uninstall((argument % 3) switch { 0 => null, 1 => true, _ => false }, paid: argument > 7, suspend: argument % 2 == 0, keep: argument % 5 == 0);
                    break;
                case 6:
                    Provision(argument % 2 == 0);
                    break;
                case 7 when _resources.Count > 0:
                    _installation.Remove(_resources[argument % _resources.Count], _now);
                    break;
                case 8:
                    _installation.Update([1], [2], [3]);
                    break;
                case 9 when _uninstallation is { PurgedAt: null } uninstallation:
                    _installation.Finalize(uninstallation, _now);
                    break;
                case 10 when _uninstallation is { PurgedAt: null, MustSuspend: true } uninstallation:
                    uninstallation.Suspended(_now);
                    break;
                case 11 when _uninstallation is { PurgedAt: null } uninstallation && uninstallation.MustDeprovision(_now):
                    uninstallation.Deprovisioned(argument, _now);
                    break;
                case 12 when _uninstallation is { PurgedAt: null } uninstallation:
                    uninstallation.WaitForProduct(argument, _now.AddSeconds(15));
                    break;
                case 13 when _uninstallation is { PurgedAt: null } uninstallation:
                    uninstallation.Failed("deprovision: TimeoutException", argument, _now, _now);
                    break;
                case 14 or 15 when _uninstallation is not null:
                    Purge(_uninstallation);
                    break;
                default:
                    _installation.Touch();
                    break;
            }

            Check(before);
        }

        public void Uninstall(bool? cascade, bool paid, bool suspend, bool keep)
        {
            var policy = A.Policy with { SuspendAtProduct = suspend, WithoutCascade = keep ? WithoutCascade.Keep : WithoutCascade.Conflict };
            var facts = A.NoFacts with { Resources = _resources.Count, PaidResources = paid ? 1 : 0 };
            if (_installation.Status == InstallationStatus.Uninstalling)
            {
                Should.Throw<InvalidOperationException>(() => _installation.Uninstall(A.Request(cascade), facts, policy, _now));
                return;
            }

            var decided = _installation.Uninstall(A.Request(cascade), facts, policy, _now);
            if (!decided.IsSuccess)
                return;
            _uninstallation = decided.Value.Uninstallation;
            _begun.Add(_uninstallation.Id);
            (_uninstallation.DueAt == _now).ShouldBe(_uninstallation.Finalized);
        }

        private void Provision(bool paid)
        {
            var begun = _installation.Provision(A.Intent($"res_{_resources.Count}", paid), _now);
            begun.IsSuccess.ShouldBe(_installation.Status == InstallationStatus.Active, "during an uninstall nothing new begins");
            if (begun.IsSuccess)
                _resources.Add(begun.Value);
        }

        private void Purge(Uninstallation uninstallation)
        {
            var may = uninstallation.PurgedAt is null && _now >= uninstallation.DueAt;
            uninstallation.IsDue(_now).ShouldBe(may);
            if (may)
                uninstallation.Purged(0, 1, _now);
            else
                Should.Throw<InvalidOperationException>(() => uninstallation.Purged(0, 1, _now));
        }

        private void Check((DateTimeOffset DueAt, DateTimeOffset? FinalizedAt, DateTimeOffset? PurgedAt, Guid Id) before)
        {
            _begun.Count.ShouldBeLessThanOrEqualTo(1, "one uninstall per life");
            _installation.Events.OfType<InstallationUninstalled>().Count().ShouldBe(_begun.Count);
            _installation.Events.OfType<InstallationFinalized>().Count().ShouldBeLessThanOrEqualTo(1);
            if (_uninstallation is not { } now)
                return;
            _installation.Status.ShouldBe(InstallationStatus.Uninstalling, "an uninstall cannot be undone");
            if (before.Id != Guid.Empty)
            {
                now.DueAt.ShouldBeLessThanOrEqualTo(before.DueAt, "the due time never moves later");
                if (before.FinalizedAt is not null)
                    now.FinalizedAt.ShouldBe(before.FinalizedAt, "finalized stays finalized");
                if (before.PurgedAt is not null)
                    now.PurgedAt.ShouldBe(before.PurgedAt, "one purge per uninstall");
            }

            if (now.Finalized)
                _installation.Credential.ShouldBeNull();
            if (now.PurgedAt is { } purged)
            {
                purged.ShouldBeGreaterThanOrEqualTo(now.DueAt);
                now.NextRunAt.ShouldBeNull();
            }
            else
            {
                now.NextRunAt.ShouldNotBeNull("until it is purged there is always something to do next");
            }
        }
    }
}
