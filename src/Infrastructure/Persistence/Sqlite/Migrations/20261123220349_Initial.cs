using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Partner.Infrastructure.Persistence.Sqlite.Migrations
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
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false),
                    InstallationId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    Rule = table.Column<string>(type: "TEXT", unicode: false, maxLength: 8, nullable: false),
                    Outcome = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Style = table.Column<string>(type: "TEXT", unicode: false, maxLength: 32, nullable: false),
                    TraceId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Audit", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "DataProtectionKeys",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    FriendlyName = table.Column<string>(type: "TEXT", nullable: true),
                    Xml = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DataProtectionKeys", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "DemoResources",
                columns: table => new
                {
                    ResourceId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    InstallationKey = table.Column<Guid>(type: "TEXT", nullable: false),
                    KeyHash = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DemoResources", x => x.ResourceId);
                });

            migrationBuilder.CreateTable(
                name: "IdempotencyRecords",
                columns: table => new
                {
                    Scope = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: false),
                    InstallationId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    Operation = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    RequestHash = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: true),
                    Status = table.Column<int>(type: "INTEGER", nullable: false),
                    Body = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Encrypted = table.Column<bool>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_IdempotencyRecords", x => x.Scope);
                });

            migrationBuilder.CreateTable(
                name: "Installations",
                columns: table => new
                {
                    Key = table.Column<Guid>(type: "TEXT", nullable: false),
                    Id = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    Status = table.Column<string>(type: "TEXT", unicode: false, maxLength: 32, nullable: false),
                    AccountHash = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: false),
                    Profile = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Credential = table.Column<byte[]>(type: "BLOB", nullable: true),
                    InstalledAt = table.Column<long>(type: "INTEGER", nullable: false),
                    PaidUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    SettledUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    TransferredAt = table.Column<long>(type: "INTEGER", nullable: true),
                    Revision = table.Column<long>(type: "INTEGER", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Installations", x => x.Key);
                });

            migrationBuilder.CreateTable(
                name: "Invoices",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    InstallationKey = table.Column<Guid>(type: "TEXT", nullable: false),
                    State = table.Column<string>(type: "TEXT", unicode: false, maxLength: 32, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Invoices", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "KeySets",
                columns: table => new
                {
                    JwksUri = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Json = table.Column<string>(type: "TEXT", maxLength: 1048576, nullable: false),
                    FetchedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_KeySets", x => x.JwksUri);
                });

            migrationBuilder.CreateTable(
                name: "Outbox",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    InstallationKey = table.Column<Guid>(type: "TEXT", nullable: false),
                    Type = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Payload = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: false),
                    OccurredAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    NextAttemptAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Outbox", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Resources",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    InstallationKey = table.Column<Guid>(type: "TEXT", nullable: false),
                    ProductId = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    BillingPlanId = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    Paid = table.Column<bool>(type: "INTEGER", nullable: false),
                    Details = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Status = table.Column<string>(type: "TEXT", unicode: false, maxLength: 32, nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    BusyUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    NextRunAt = table.Column<long>(type: "INTEGER", nullable: true),
                    Attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    LastError = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    RequestScope = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: true),
                    RequestHash = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: true),
                    Version = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Resources", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Transfers",
                columns: table => new
                {
                    ClaimId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    InstallationKey = table.Column<Guid>(type: "TEXT", nullable: false),
                    State = table.Column<string>(type: "TEXT", unicode: false, maxLength: 32, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Transfers", x => x.ClaimId);
                });

            migrationBuilder.CreateTable(
                name: "Uninstallations",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    InstallationKey = table.Column<Guid>(type: "TEXT", nullable: false),
                    InstallationId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    Style = table.Column<string>(type: "TEXT", unicode: false, maxLength: 32, nullable: false),
                    Detach = table.Column<bool>(type: "INTEGER", nullable: false),
                    Reason = table.Column<byte[]>(type: "BLOB", nullable: true),
                    RequestedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    DueAt = table.Column<long>(type: "INTEGER", nullable: false),
                    FinalizedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    DeprovisionFrom = table.Column<long>(type: "INTEGER", nullable: false),
                    SuspendedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    SuspendAtProduct = table.Column<bool>(type: "INTEGER", nullable: false),
                    DeprovisionedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    PurgedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    NextRunAt = table.Column<long>(type: "INTEGER", nullable: true),
                    LeaseToken = table.Column<Guid>(type: "TEXT", nullable: true),
                    LeaseUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    Attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    LastError = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    ResourcesErased = table.Column<int>(type: "INTEGER", nullable: false),
                    ResourcesDetached = table.Column<int>(type: "INTEGER", nullable: false),
                    RecordsErased = table.Column<int>(type: "INTEGER", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Uninstallations", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Webhooks",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    IdHash = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: false),
                    Type = table.Column<string>(type: "TEXT", unicode: false, maxLength: 128, nullable: false),
                    ReceivedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    HappenedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    SubjectKey = table.Column<Guid>(type: "TEXT", nullable: true),
                    Payload = table.Column<byte[]>(type: "BLOB", nullable: true),
                    SealedFor = table.Column<Guid>(type: "TEXT", nullable: true),
                    AccountHash = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: true),
                    ProcessedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    NextAttemptAt = table.Column<long>(type: "INTEGER", nullable: true),
                    Attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Webhooks", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "WebhookLinks",
                columns: table => new
                {
                    WebhookId = table.Column<Guid>(type: "TEXT", nullable: false),
                    InstallationKey = table.Column<Guid>(type: "TEXT", nullable: false)
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
