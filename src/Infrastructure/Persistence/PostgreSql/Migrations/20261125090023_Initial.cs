using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Partner.Infrastructure.Persistence.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Audit",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    At = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    InstallationId = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    Rule = table.Column<string>(type: "character varying(8)", unicode: false, maxLength: 8, nullable: false, collation: "C"),
                    Outcome = table.Column<string>(type: "character varying(64)", unicode: false, maxLength: 64, nullable: false, collation: "C"),
                    Style = table.Column<string>(type: "character varying(32)", unicode: false, maxLength: 32, nullable: false, collation: "C"),
                    TraceId = table.Column<string>(type: "character varying(64)", unicode: false, maxLength: 64, nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Audit", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "DataProtectionKeys",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    FriendlyName = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    Xml = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DataProtectionKeys", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "DemoResources",
                columns: table => new
                {
                    ResourceId = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    InstallationKey = table.Column<Guid>(type: "uuid", nullable: false),
                    KeyHash = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DemoResources", x => x.ResourceId);
                });

            migrationBuilder.CreateTable(
                name: "IdempotencyRecords",
                columns: table => new
                {
                    Scope = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: false),
                    InstallationId = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    Operation = table.Column<string>(type: "character varying(64)", unicode: false, maxLength: 64, nullable: false, collation: "C"),
                    RequestHash = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: true),
                    Status = table.Column<int>(type: "integer", nullable: false),
                    Body = table.Column<byte[]>(type: "bytea", nullable: false),
                    Encrypted = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_IdempotencyRecords", x => x.Scope);
                });

            migrationBuilder.CreateTable(
                name: "Installations",
                columns: table => new
                {
                    Key = table.Column<Guid>(type: "uuid", nullable: false),
                    Id = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    Status = table.Column<string>(type: "character varying(32)", unicode: false, maxLength: 32, nullable: false, collation: "C"),
                    AccountHash = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: false),
                    Profile = table.Column<byte[]>(type: "bytea", nullable: false),
                    Credential = table.Column<byte[]>(type: "bytea", nullable: true),
                    InstalledAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    PaidUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    SettledUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    TransferredAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Revision = table.Column<long>(type: "bigint", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Installations", x => x.Key);
                });

            migrationBuilder.CreateTable(
                name: "Invoices",
                columns: table => new
                {
                    Id = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    InstallationKey = table.Column<Guid>(type: "uuid", nullable: false),
                    State = table.Column<string>(type: "character varying(32)", unicode: false, maxLength: 32, nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Invoices", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "KeySets",
                columns: table => new
                {
                    JwksUri = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    Json = table.Column<string>(type: "character varying(1048576)", maxLength: 1048576, nullable: false, collation: "C"),
                    FetchedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_KeySets", x => x.JwksUri);
                });

            migrationBuilder.CreateTable(
                name: "Outbox",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    InstallationKey = table.Column<Guid>(type: "uuid", nullable: false),
                    Type = table.Column<string>(type: "character varying(64)", unicode: false, maxLength: 64, nullable: false, collation: "C"),
                    Payload = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: false, collation: "C"),
                    OccurredAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Attempts = table.Column<int>(type: "integer", nullable: false),
                    NextAttemptAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Outbox", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Resources",
                columns: table => new
                {
                    Id = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    InstallationKey = table.Column<Guid>(type: "uuid", nullable: false),
                    ProductId = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    BillingPlanId = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    Paid = table.Column<bool>(type: "boolean", nullable: false),
                    Details = table.Column<byte[]>(type: "bytea", nullable: false),
                    Status = table.Column<string>(type: "character varying(32)", unicode: false, maxLength: 32, nullable: false, collation: "C"),
                    CreatedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    BusyUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextRunAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Attempts = table.Column<int>(type: "integer", nullable: false),
                    LastError = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true, collation: "C"),
                    RequestScope = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: true),
                    RequestHash = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: true),
                    Version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Resources", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Transfers",
                columns: table => new
                {
                    ClaimId = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    InstallationKey = table.Column<Guid>(type: "uuid", nullable: false),
                    State = table.Column<string>(type: "character varying(32)", unicode: false, maxLength: 32, nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Transfers", x => x.ClaimId);
                });

            migrationBuilder.CreateTable(
                name: "Uninstallations",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    InstallationKey = table.Column<Guid>(type: "uuid", nullable: false),
                    InstallationId = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    Style = table.Column<string>(type: "character varying(32)", unicode: false, maxLength: 32, nullable: false, collation: "C"),
                    Detach = table.Column<bool>(type: "boolean", nullable: false),
                    Reason = table.Column<byte[]>(type: "bytea", nullable: true),
                    RequestedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    DueAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    FinalizedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    DeprovisionFrom = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    SuspendedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    SuspendAtProduct = table.Column<bool>(type: "boolean", nullable: false),
                    DeprovisionedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    PurgedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextRunAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LeaseToken = table.Column<Guid>(type: "uuid", nullable: true),
                    LeaseUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Attempts = table.Column<int>(type: "integer", nullable: false),
                    LastError = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true, collation: "C"),
                    ResourcesErased = table.Column<int>(type: "integer", nullable: false),
                    ResourcesDetached = table.Column<int>(type: "integer", nullable: false),
                    RecordsErased = table.Column<int>(type: "integer", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Uninstallations", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Webhooks",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    IdHash = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: false),
                    Type = table.Column<string>(type: "character varying(128)", unicode: false, maxLength: 128, nullable: false, collation: "C"),
                    ReceivedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    HappenedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    SubjectKey = table.Column<Guid>(type: "uuid", nullable: true),
                    Payload = table.Column<byte[]>(type: "bytea", nullable: true),
                    SealedFor = table.Column<Guid>(type: "uuid", nullable: true),
                    AccountHash = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: true),
                    ProcessedAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextAttemptAt = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Attempts = table.Column<int>(type: "integer", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Webhooks", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "WebhookLinks",
                columns: table => new
                {
                    WebhookId = table.Column<Guid>(type: "uuid", nullable: false),
                    InstallationKey = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_WebhookLinks", x => new { x.WebhookId, x.InstallationKey });
                    table.ForeignKey(
                        name: "FK_WebhookLinks_Webhooks_WebhookId",
                        column: x => x.WebhookId,
                        principalTable: "Webhooks",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Audit_InstallationId",
                table: "Audit",
                column: "InstallationId");

            migrationBuilder.CreateIndex(
                name: "IX_DemoResources_InstallationKey",
                table: "DemoResources",
                column: "InstallationKey");

            migrationBuilder.CreateIndex(
                name: "IX_IdempotencyRecords_CreatedAt",
                table: "IdempotencyRecords",
                column: "CreatedAt");

            migrationBuilder.CreateIndex(
                name: "IX_IdempotencyRecords_InstallationId",
                table: "IdempotencyRecords",
                column: "InstallationId");

            migrationBuilder.CreateIndex(
                name: "IX_Installations_Id",
                table: "Installations",
                column: "Id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Invoices_InstallationKey",
                table: "Invoices",
                column: "InstallationKey");

            migrationBuilder.CreateIndex(
                name: "IX_Outbox_InstallationKey",
                table: "Outbox",
                column: "InstallationKey");

            migrationBuilder.CreateIndex(
                name: "IX_Outbox_NextAttemptAt",
                table: "Outbox",
                column: "NextAttemptAt");

            migrationBuilder.CreateIndex(
                name: "IX_Resources_InstallationKey",
                table: "Resources",
                column: "InstallationKey");

            migrationBuilder.CreateIndex(
                name: "IX_Resources_NextRunAt",
                table: "Resources",
                column: "NextRunAt");

            migrationBuilder.CreateIndex(
                name: "IX_Resources_RequestScope",
                table: "Resources",
                column: "RequestScope",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Transfers_InstallationKey",
                table: "Transfers",
                column: "InstallationKey");

            migrationBuilder.CreateIndex(
                name: "IX_Uninstallations_InstallationId",
                table: "Uninstallations",
                column: "InstallationId");

            migrationBuilder.CreateIndex(
                name: "IX_Uninstallations_InstallationKey",
                table: "Uninstallations",
                column: "InstallationKey",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Uninstallations_LeaseToken",
                table: "Uninstallations",
                column: "LeaseToken");

            migrationBuilder.CreateIndex(
                name: "IX_Uninstallations_NextRunAt",
                table: "Uninstallations",
                column: "NextRunAt");

            migrationBuilder.CreateIndex(
                name: "IX_WebhookLinks_InstallationKey",
                table: "WebhookLinks",
                column: "InstallationKey");

            migrationBuilder.CreateIndex(
                name: "IX_Webhooks_IdHash",
                table: "Webhooks",
                column: "IdHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Webhooks_NextAttemptAt",
                table: "Webhooks",
                column: "NextAttemptAt");

            migrationBuilder.CreateIndex(
                name: "IX_Webhooks_ReceivedAt",
                table: "Webhooks",
                column: "ReceivedAt");

            migrationBuilder.CreateIndex(
                name: "IX_Webhooks_SubjectKey",
                table: "Webhooks",
                column: "SubjectKey");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Audit");

            migrationBuilder.DropTable(
                name: "DataProtectionKeys");

            migrationBuilder.DropTable(
                name: "DemoResources");

            migrationBuilder.DropTable(
                name: "IdempotencyRecords");

            migrationBuilder.DropTable(
                name: "Installations");

            migrationBuilder.DropTable(
                name: "Invoices");

            migrationBuilder.DropTable(
                name: "KeySets");

            migrationBuilder.DropTable(
                name: "Outbox");

            migrationBuilder.DropTable(
                name: "Resources");

            migrationBuilder.DropTable(
                name: "Transfers");

            migrationBuilder.DropTable(
                name: "Uninstallations");

            migrationBuilder.DropTable(
                name: "WebhookLinks");

            migrationBuilder.DropTable(
                name: "Webhooks");
        }
    }
}
