using Partner.Integration.Tests.Databases;

namespace Partner.Integration.Tests.Persistence;

public sealed class UnitOfWorkOnPostgreSql() : UnitOfWorkContract(Engine.PostgreSql);

public sealed class IdempotencyStoreOnPostgreSql() : IdempotencyStoreContract(Engine.PostgreSql);

public sealed class UninstallationWorkOnPostgreSql() : UninstallationWorkContract(Engine.PostgreSql);

public sealed class RepositoriesOnPostgreSql() : RepositoryContract(Engine.PostgreSql);

public sealed class KeysOnPostgreSql() : KeysContract(Engine.PostgreSql);

public sealed class OutboxOnPostgreSql() : OutboxContract(Engine.PostgreSql);

public sealed class ProvisioningOnPostgreSql() : ProvisioningContract(Engine.PostgreSql);

public sealed class ReceiptsOnPostgreSql() : ReceiptContract(Engine.PostgreSql);

public sealed class PurgeProofOnPostgreSql() : PurgeProofContract(Engine.PostgreSql);

public sealed class WebhooksOnPostgreSql() : WebhookContract(Engine.PostgreSql);
