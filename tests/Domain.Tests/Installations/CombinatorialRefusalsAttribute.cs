using System.Reflection;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace Partner.Domain.Tests.Installations;

/// <summary>Every combination of five yes-or-no questions and of the three values of <c>cascadeResourceDeletion</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CombinatorialRefusalsAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        bool[] either = [false, true];
        bool?[] cascades = [null, false, true];
        return ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>(
        [
            .. from transfer in either
               from invoices in either
               from conflict in either
               from resources in either
               from cascade in cascades
               from keep in either
               select new TheoryDataRow(transfer, invoices, conflict, resources, cascade, keep),
        ]);
    }

    public override bool SupportsDiscoveryEnumeration() => true;
}
