using Partner.VercelSimulator.Commands;

return await Simulator.RunAsync(args);
