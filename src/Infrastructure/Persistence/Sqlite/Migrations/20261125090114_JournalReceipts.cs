using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Partner.Infrastructure.Persistence.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class JournalReceipts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "FirstPurgedAt",
                table: "Uninstallations",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "JournaledAt",
                table: "Uninstallations",
                type: "INTEGER",
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
