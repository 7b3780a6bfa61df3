using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Ports;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

/// <summary>Vercel's published keys, and our own that encrypt: both outlive a process and are shared by all.</summary>
public abstract class KeysContract(Engine engine) : DatabaseTests(engine)
{
    private const string Address = "https://marketplace.vercel.com/.well-known/jwks";

    [Fact, Rule("A1")]
    public async Task The_key_set_saved_last_is_found_by_its_address()
    {
        (await FindAsync(Node, Address)).ShouldBeNull();
        await SaveAsync(Node, "first");
        await SaveAsync(Node, "second");
        (await FindAsync(StartNode(), Address)).ShouldBe(new SigningKeySet(Address, "second", Node.Now));
        (await FindAsync(Node, Address + "/")).ShouldBeNull();
        (await FindAsync(Node, Address.ToUpperInvariant())).ShouldBeNull();
    }

    [Fact, Rule("A1")]
    public async Task Nodes_that_save_it_at_once_do_not_disturb_one_another()
    {
        Node[] nodes = [Node, StartNode()];
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => SaveAsync(nodes[i % 2], "the same"), Ct)));
        (await ReadAsync(db => db.KeySets.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact, Rule("A1")]
    public async Task A_large_key_set_is_kept_whole()
    {
        var json = new string('x', 200_000) + "é";
        await SaveAsync(Node, json);
        (await FindAsync(Node, Address)).ShouldNotBeNull().Json.ShouldBe(json);
    }

    [Fact]
    public async Task What_one_node_encrypts_another_opens_and_only_for_the_same_purpose()
    {
        var purpose = Purposes.Installation(Guid.NewGuid());
        var closed = Protector(Node).Protect(purpose, "canary");
        Protector(StartNode()).Unprotect(purpose, closed).ShouldBe("canary"u8.ToArray());
        Protector(Node).Unprotect(Purposes.Installation(Guid.NewGuid()), closed).ShouldBeNull();
        Protector(Node).Unprotect(purpose, [1, 2, 3]).ShouldBeNull();
        (await ReadAsync(db => db.DataProtectionKeys.CountAsync(Ct))).ShouldBe(1, "both nodes use the one key");
    }

    [Fact, Rule("A4")]
    public void An_account_s_hash_is_of_one_life_only()
    {
        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        Protector(Node).HashAccount(one, "acc").ShouldBe(Protector(StartNode()).HashAccount(one, "acc"));
        Protector(Node).HashAccount(one, "acc").ShouldNotBe(Protector(Node).HashAccount(other, "acc"));
        Protector(Node).HashAccount(one, "acc").ShouldNotBe(Protector(Node).HashAccount(one, "ACC"));
    }

    private static ISecretProtector Protector(Node node) => node.Services.GetRequiredService<ISecretProtector>();

    private static Task<SigningKeySet?> FindAsync(Node node, string address) => node.Services.GetRequiredService<ISigningKeySetStore>().FindAsync(address, Ct);

    private Task SaveAsync(Node node, string json) => node.Services.GetRequiredService<ISigningKeySetStore>().SaveAsync(new SigningKeySet(Address, json, Node.Now), Ct);
}
