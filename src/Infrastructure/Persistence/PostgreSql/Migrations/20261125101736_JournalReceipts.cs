using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Partner.Infrastructure.Persistence.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class JournalReceipts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "FirstPurgedAt",
                table: "Uninstallations",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "JournaledAt",
                table: "Uninstallations",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_Uninstallations_PurgedAt",
                table: "Uninstallations",
                column: "PurgedAt",
                filter: "\"PurgedAt\" IS NOT NULL AND \"JournaledAt\" IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Uninstallations_PurgedAt",
                table: "Uninstallations");

            migrationBuilder.DropColumn(
                name: "FirstPurgedAt",
                table: "Uninstallations");

            migrationBuilder.DropColumn(
                name: "JournaledAt",
                table: "Uninstallations");
        }
    }
}
