using System.Text;
using Partner.Application.Webhooks;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Application.Tests.Webhooks;

public sealed class ReadingAnEvent
{
    [Rule("W5")]
    [Fact]
    public void Any_damage_to_an_event_is_read_or_refused_but_never_fails()
    {
        var random = new Random(1);
        var whole = Encoding.UTF8.GetBytes(VercelWebhooks.Transferred("icfg_1", "a\u00E9", "\uD83D\uDE00", DateTimeOffset.UnixEpoch, "evt_1").ToJsonString());
        byte[] likely = [.. "\"{}[]:,\\u0d8-e9"u8, 0, 0x80, 0xC3, 0xFF];
        var read = 0;
        for (var i = 0; i < 50_000; i++)
        {
            byte[] body = [.. whole];
            for (var damage = random.Next(1, 4); damage > 0; damage--)
                body[random.Next(body.Length)] = likely[random.Next(likely.Length)];
            var happened = VercelEvent.Parse(body.AsMemory(0, random.Next(10) == 0 ? random.Next(body.Length) : body.Length));
            if (happened.IsSuccess)
                read++;
            else
                happened.Error.Code.ShouldBe("bad_request");
        }

        read.ShouldBeGreaterThan(1000, "Otherwise the damage is too great to tell anything.");
    }

    [Rule("W1")]
    [Theory]
    [InlineData("""{"configuration":{"id":"icfg_1"},"installationId":"icfg_2"}""", "icfg_1")]
    [InlineData("""{"installationId":"icfg_2"}""", "icfg_2")]
    [InlineData("""{"configuration":{"id":7},"installationIds":["icfg_3"]}""", null)]
    public void The_subject_is_the_configuration(string payload, string? subject) =>
        (VercelEvent.Parse(Encoding.UTF8.GetBytes($$"""{"id":"evt_1","type":"t","payload":{{payload}}}""")).Value.Subject?.Value).ShouldBe(subject);
}
