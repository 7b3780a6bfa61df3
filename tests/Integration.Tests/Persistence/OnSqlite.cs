using Partner.Integration.Tests.Databases;

namespace Partner.Integration.Tests.Persistence;

public sealed class UnitOfWorkOnSqlite() : UnitOfWorkContract(Engine.Sqlite);

public sealed class IdempotencyStoreOnSqlite() : IdempotencyStoreContract(Engine.Sqlite);

public sealed class UninstallationWorkOnSqlite() : UninstallationWorkContract(Engine.Sqlite);

public sealed class RepositoriesOnSqlite() : RepositoryContract(Engine.Sqlite);

public sealed class KeysOnSqlite() : KeysContract(Engine.Sqlite);

public sealed class OutboxOnSqlite() : OutboxContract(Engine.Sqlite);

public sealed class ProvisioningOnSqlite() : ProvisioningContract(Engine.Sqlite);

public sealed class ReceiptsOnSqlite() : ReceiptContract(Engine.Sqlite);

public sealed class PurgeProofOnSqlite() : PurgeProofContract(Engine.Sqlite);

public sealed class WebhooksOnSqlite() : WebhookContract(Engine.Sqlite);
