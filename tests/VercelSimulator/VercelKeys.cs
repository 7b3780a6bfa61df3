using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>One signing key of Vercel: RSA with 2048 bits, named by its <c>kid</c>.</summary>
public sealed class VercelKey : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RSA _rsa;

    internal VercelKey(string keyId, RSA rsa)
    {
        KeyId = keyId;
        _rsa = rsa;
    }

    /// <summary>A key that no key set knows, for forged tokens.</summary>
    public static VercelKey Create(string keyId, int bits = 2048) => new(keyId, RSA.Create(bits));

    public string KeyId { get; }

    /// <summary>The signature of RS256; another hash for tokens that must be refused.</summary>
    public byte[] Sign(byte[] data, HashAlgorithmName? hash = null, RSASignaturePadding? padding = null)
    {
        lock (_gate)
            return _rsa.SignData(data, hash ?? HashAlgorithmName.SHA256, padding ?? RSASignaturePadding.Pkcs1);
    }

    /// <summary>The public half, as JWKS lists it.</summary>
    public JsonObject ToJwk()
    {
        RSAParameters parameters;
        lock (_gate)
            parameters = _rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["alg"] = "RS256",
            ["kid"] = KeyId,
            ["n"] = Base64Url.EncodeToString(parameters.Modulus!),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent!),
        };
    }

    /// <summary>The public half as PEM: what an HS256 forgery would take for its secret.</summary>
    public string ToPublicPem()
    {
        lock (_gate)
            return _rsa.ExportSubjectPublicKeyInfoPem();
    }

    public void Dispose() => _rsa.Dispose();
}

/// <summary>The keys Vercel publishes. The newest signs; a retired one is published no more, but can still be used to sign.</summary>
public sealed class VercelKeys : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<VercelKey> _published = [];
    private readonly List<VercelKey> _all = [];
    private int _made;

    private VercelKeys(VercelKey first) => Publish(first);

    /// <summary>A key set of its own, as a test wants it.</summary>
    public static VercelKeys Create() => new(VercelKey.Create("key-" + Guid.NewGuid().ToString("N")[..8]));

    /// <summary>The fixed key that a service in Development trusts.</summary>
    public static VercelKeys Development()
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(DevelopmentKey.Pem);
        return new VercelKeys(new VercelKey(DevelopmentKey.KeyId, rsa));
    }

    /// <summary>The key that signs now: the newest that is published, else the newest that was.</summary>
    public VercelKey Current
    {
        get
        {
            lock (_gate)
                return _published.Count > 0 ? _published[^1] : _all[^1];
        }
    }

    /// <summary>The keys in the published set, oldest first.</summary>
    public IReadOnlyList<VercelKey> Published
    {
        get
        {
            lock (_gate)
                return [.. _published];
        }
    }

    /// <summary>Publishes one more key, which signs from now on; the older ones stay published.</summary>
    public VercelKey Add(string? keyId = null) =>
        Publish(VercelKey.Create(keyId ?? $"key-{Interlocked.Increment(ref _made)}-{Guid.NewGuid().ToString("N")[..8]}"));

    /// <summary>Takes a key out of the published set.</summary>
    public void Retire(VercelKey key)
    {
        lock (_gate)
            _published.Remove(key);
    }

    /// <summary>A new key, the old ones retired at once: the hard rotation.</summary>
    public VercelKey Rotate()
    {
        var old = Published;
        var added = Add();
        foreach (var key in old)
            Retire(key);
        return added;
    }

    /// <summary>The set as <c>/.well-known/jwks</c> gives it.</summary>
    public JsonObject ToJwks() => new()
    {
        ["keys"] = new JsonArray([.. Published.Select(key => (JsonNode)key.ToJwk())]),
    };

    public void Dispose()
    {
        foreach (var key in _all)
            key.Dispose();
    }

    private VercelKey Publish(VercelKey key)
    {
        lock (_gate)
        {
            _published.Add(key);
            _all.Add(key);
        }
        return key;
    }
}
