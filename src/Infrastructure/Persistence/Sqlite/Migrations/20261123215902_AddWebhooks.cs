using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Partner.Infrastructure.Persistence.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class AddWebhooks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.RenameColumn(
                name: "ChangedAt",
                table: "Installations",
                newName: "Revision");

            migrationBuilder.AddColumn<long>(
                name: "TransferredAt",
                table: "Installations",
                type: "INTEGER",
                nullable: true);

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
                name: "WebhookLinks");

            migrationBuilder.DropTable(
                name: "Webhooks");

            migrationBuilder.DropColumn(
                name: "TransferredAt",
                table: "Installations");

            migrationBuilder.RenameColumn(
                name: "Revision",
                table: "Installations",
                newName: "ChangedAt");
        }
    }
}
