using Partner.Integration.Tests.Databases;

namespace Partner.Integration.Tests.Persistence;

public sealed class UnitOfWorkOnSqlServer() : UnitOfWorkContract(Engine.SqlServer);

public sealed class IdempotencyStoreOnSqlServer() : IdempotencyStoreContract(Engine.SqlServer);

public sealed class UninstallationWorkOnSqlServer() : UninstallationWorkContract(Engine.SqlServer);

public sealed class RepositoriesOnSqlServer() : RepositoryContract(Engine.SqlServer);

public sealed class KeysOnSqlServer() : KeysContract(Engine.SqlServer);

public sealed class OutboxOnSqlServer() : OutboxContract(Engine.SqlServer);

public sealed class ProvisioningOnSqlServer() : ProvisioningContract(Engine.SqlServer);

public sealed class ReceiptsOnSqlServer() : ReceiptContract(Engine.SqlServer);

public sealed class PurgeProofOnSqlServer() : PurgeProofContract(Engine.SqlServer);

public sealed class WebhooksOnSqlServer() : WebhookContract(Engine.SqlServer);
