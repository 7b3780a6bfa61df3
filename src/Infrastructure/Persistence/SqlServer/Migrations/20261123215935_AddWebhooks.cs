using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Partner.Infrastructure.Persistence.SqlServer.Migrations
{
    /// <inheritdoc />
    public partial class AddWebhooks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "ChangedAt",
                table: "Installations");

            migrationBuilder.AddColumn<long>(
                name: "Revision",
                table: "Installations",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "TransferredAt",
                table: "Installations",
                type: "datetimeoffset",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "Webhooks",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uniqueidentifier", nullable: false),
                    IdHash = table.Column<byte[]>(type: "varbinary(32)", maxLength: 32, nullable: false),
                    Type = table.Column<string>(type: "varchar(128)", unicode: false, maxLength: 128, nullable: false),
                    ReceivedAt = table.Column<DateTimeOffset>(type: "datetimeoffset", nullable: false),
                    HappenedAt = table.Column<DateTimeOffset>(type: "datetimeoffset", nullable: true),
                    SubjectKey = table.Column<Guid>(type: "uniqueidentifier", nullable: true),
                    Payload = table.Column<byte[]>(type: "varbinary(max)", nullable: true),
                    SealedFor = table.Column<Guid>(type: "uniqueidentifier", nullable: true),
                    AccountHash = table.Column<byte[]>(type: "varbinary(32)", maxLength: 32, nullable: true),
                    ProcessedAt = table.Column<DateTimeOffset>(type: "datetimeoffset", nullable: true),
                    NextAttemptAt = table.Column<DateTimeOffset>(type: "datetimeoffset", nullable: true),
                    Attempts = table.Column<int>(type: "int", nullable: false),
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
                    WebhookId = table.Column<Guid>(type: "uniqueidentifier", nullable: false),
                    InstallationKey = table.Column<Guid>(type: "uniqueidentifier", nullable: false)
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
                name: "Revision",
                table: "Installations");

            migrationBuilder.DropColumn(
                name: "TransferredAt",
                table: "Installations");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "ChangedAt",
                table: "Installations",
                type: "datetimeoffset",
                nullable: false,
                defaultValue: new DateTimeOffset(new DateTime(1, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)));
        }
    }
}
