using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Design.Internal;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Scaffolding;
using Microsoft.Extensions.DependencyInjection;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Persistence.Sqlite;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

/// <summary>The service runs by a model that was written down; the entities and their configurations are what people change.</summary>
public sealed class TheCompiledModel
{
    [Fact]
    public void Is_what_the_configurations_say()
    {
        var folder = Directory.CreateTempSubdirectory("partner-model-");
        try
        {
            using var context = new SqliteDesignTimeFactory().CreateDbContext([]);
#pragma warning disable EF1001 // What `dotnet ef dbcontext optimize` itself is made of.
            var assembly = typeof(SqliteDbContext).Assembly;
            using var services = (ServiceProvider)new DesignTimeServicesBuilder(assembly, assembly, new OperationReporter(null), []).Build(context);
#pragma warning restore EF1001
            using var scope = services.CreateScope();
            scope.ServiceProvider.GetRequiredService<ICompiledModelScaffolder>().ScaffoldModel(
                context.GetService<IDesignTimeModel>().Model,
                folder.FullName,
                new CompiledModelCodeGenerationOptions { ContextType = typeof(SqliteDbContext), ModelNamespace = typeof(SqliteDbContext).Namespace + ".CompiledModel", UseNullableReferenceTypes = true });

            var now = Read(folder.FullName);
            var written = Read(Written());
            written.Keys.ShouldBe(now.Keys, "run scripts/compile-model");
            foreach (var (file, lines) in now)
                written[file].ShouldBe(lines, $"{file}: run scripts/compile-model");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Is_what_the_service_runs_by()
    {
        using var context = new SqliteDesignTimeFactory().CreateDbContext([]);
        context.Model.GetType().Namespace.ShouldBe(typeof(SqliteDbContext).Namespace + ".CompiledModel");
    }

    private static string Written([CallerFilePath] string here = "") =>
        Path.GetFullPath("../../../src/Infrastructure/Persistence/Sqlite/CompiledModel", Path.GetDirectoryName(here)!);

    /// <summary>But for the model's id, which is another one each time.</summary>
    private static SortedDictionary<string, string[]> Read(string folder) => new(
        Directory.EnumerateFiles(folder, "*.cs").ToDictionary(file => Path.GetFileName(file), file => Array.FindAll(File.ReadAllLines(file), line => !line.Contains("modelId", StringComparison.Ordinal)), StringComparer.Ordinal),
        StringComparer.Ordinal);
}
