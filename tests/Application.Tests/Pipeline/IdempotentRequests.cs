using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Xunit;
using Partner.Application.Installations;
using Partner.Application.Pipeline;
using Partner.Application.Resources;
using Partner.TestKit;

namespace Partner.Application.Tests.Pipeline;

[Rule("K2", "K3")]
public sealed class IdempotentRequests
{
    private const string Alphabet = "abcdelt-_ 0";

    /// <summary>Parts of a small alphabet, so that many would run into one another if their bounds were not hashed.</summary>
    [Property(MaxTest = 3000)]
    public bool No_two_lists_of_parts_have_one_scope(byte[] first, byte[] second)
    {
        var (one, other) = (Parts(first), Parts(second));
        return Scope(one).AsSpan().SequenceEqual(Scope(other)) == (one == other);
    }

    [Theory]
    [InlineData("ab", "c", "d", "a", "bc", "d")]
    [InlineData("a", "bc", "d", "a", "b", "cd")]
    [InlineData("a", "b", "c d", "a", "b c", "d")]
    [InlineData("a", "", "bc", "a", "b", "c")]
    public void Text_that_moves_from_part_to_part_is_another_scope(string i1, string o1, string k1, string i2, string o2, string k2) =>
        Scope((i1, o1, k1)).ShouldNotBe(Scope((i2, o2, k2)));

    [Theory]
    [InlineData("key", "KEY")]
    [InlineData("key", "key.")]
    [InlineData("a b", "ab")]
    [InlineData("a  b", "a b")]
    [InlineData("%20", " x")]
    public void Keys_are_compared_as_bytes(string one, string other) => Scope(("icfg_1", "deed", one)).ShouldNotBe(Scope(("icfg_1", "deed", other)));

    [Property(MaxTest = 500)]
    public bool White_space_and_the_order_of_members_make_no_other_request(int seed)
    {
        var random = new Random(seed);
        var value = RandomObject(random, depth: 3);
        var compact = Metadata(value.ToJsonString());
        var spread = Metadata(Shuffle(value, random).ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return Hash(compact).AsSpan().SequenceEqual(Hash(spread));
    }

    [Property(MaxTest = 500)]
    public bool Any_other_value_makes_another_request(int seed)
    {
        var random = new Random(seed);
        var value = RandomObject(random, depth: 2);
        var changed = value.DeepClone().AsObject();
        changed[$"more{random.Next()}"] = null;
        return !Hash(Metadata(value.ToJsonString())).AsSpan().SequenceEqual(Hash(Metadata(changed.ToJsonString())));
    }

    [Fact]
    public void The_order_within_an_array_counts() => Hash(Metadata("""{"a":[1,2]}""")).ShouldNotBe(Hash(Metadata("""{"a":[2,1]}""")));

    [Fact]
    public void Members_whose_names_differ_in_case_are_two() => Hash(Metadata("""{"a":1}""")).ShouldNotBe(Hash(Metadata("""{"A":1}""")));

    [Fact]
    public void An_escape_is_the_character_it_stands_for() => Hash(Metadata("""{"a":"\u0041"}""")).ShouldBe(Hash(Metadata("""{"a":"A"}""")));

    [Fact]
    public void Every_field_of_a_DELETE_counts()
    {
        var requests = new[]
        {
            Delete(null, null), Delete(true, null), Delete(false, null), Delete(null, ""), Delete(null, "true"), Delete(true, "why"), Delete(false, "why"),
        };
        requests.Select(request => Convert.ToHexString(request.RequestHash)).Distinct(StringComparer.Ordinal).Count().ShouldBe(requests.Length);
        requests.Select(request => Convert.ToHexString(request.Scope)).Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
    }

    [Fact]
    public void The_resource_in_the_path_counts()
    {
        var one = Request(new DeleteResourceCommand("icfg_1", "res_1", ["key"]));
        var other = Request(new DeleteResourceCommand("icfg_1", "res_2", ["key"]));
        one.Scope.ShouldBe(other.Scope);
        one.RequestHash.ShouldNotBe(other.RequestHash);
    }

    [Fact]
    public void Nothing_of_the_key_or_the_request_is_left_but_hashes()
    {
        var request = Request(new DeleteInstallationCommand("icfg_1", null, "canary-reason", ["canary-key"]));
        JsonSerializer.Serialize(request).ShouldNotContain("canary", Case.Insensitive);
        (request.Scope.Length, request.RequestHash.Length).ShouldBe((32, 32));
    }

    /// <summary>Stored for a week, so a deploy must come to the same hashes.</summary>
    [Fact]
    public void The_hashes_are_the_same_in_every_version()
    {
        var request = Request(new DeleteInstallationCommand("icfg_frozen", true, "a reason", ["frozen-key"]));
        Convert.ToHexStringLower(request.Scope).ShouldBe("6c040e60bfb738001327b9b43d465bdf2b8bfda31221a5c470fe87a1305965d0");
        Convert.ToHexStringLower(request.RequestHash).ShouldBe("b9201d5aeedd4217f60466539a4b902caa15dc8859d45c098691063a667bbf09");
    }

    private static (string InstallationId, string Operation, string Key) Parts(byte[] seed)
    {
        var text = string.Concat(seed.Select(one => Alphabet[one % Alphabet.Length])).PadRight(4, 'x');
        var (first, second) = (seed.Length == 0 ? 1 : 1 + (seed[0] % (text.Length - 1)), seed.Length < 2 ? 0 : seed[1]);
        var rest = text[first..];
        var cut = second % rest.Length;
        var key = rest[cut..].Trim();
        return (text[..first], rest[..cut], key.Length == 0 ? "k" : key);
    }

    private static byte[] Scope((string InstallationId, string Operation, string Key) parts) =>
        Request(new Fakes.Deed(parts.InstallationId, Keys: [parts.Key]) { Operation = parts.Operation }).Scope;

    private static byte[] Hash(IIdempotentCommand command) => Request(command).RequestHash;

    private static IdempotentRequest Delete(bool? cascade, string? reason) => Request(new DeleteInstallationCommand("icfg_1", cascade, reason, ["key"]));

    private static IdempotentRequest Request(IIdempotentCommand command) => IdempotentRequest.From(command).Value.ShouldNotBeNull();

    private static ProvisionResourceCommand Metadata(string json) => new("icfg_1", "demo", "pro", "name", JsonSerializer.Deserialize<JsonElement>(json), ["key"]);

    private static JsonObject RandomObject(Random random, int depth)
    {
        var made = new JsonObject();
        for (var i = random.Next(1, 5); i > 0; i--)
            made[$"{(char)('a' + random.Next(26))}{i}"] = RandomValue(random, depth - 1);
        return made;
    }

    private static JsonNode? RandomValue(Random random, int depth) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next()),
        2 => JsonValue.Create(random.NextDouble()),
        3 => JsonValue.Create(random.Next(2) == 0),
        4 => JsonValue.Create($"te xt {random.Next()} \"\\ é {(char)random.Next(0x20, 0xD7FF)}"),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => RandomValue(random, depth - 1))]),
        _ => RandomObject(random, depth),
    };

    private static JsonNode Shuffle(JsonNode node, Random random) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(_ => random.Next()).Select(member => KeyValuePair.Create(member.Key, member.Value is null ? null : Shuffle(member.Value, random)))),
        JsonArray items => new JsonArray([.. items.Select(item => item is null ? null : Shuffle(item, random))]),
        _ => node.DeepClone(),
    };
}
