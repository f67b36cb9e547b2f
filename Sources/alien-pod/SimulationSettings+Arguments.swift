public import ArgumentParser
public import PoDSimulation

extension SimulationSettings.Arrival: ExpressibleByArgument {}
extension SimulationSettings.Faults: ExpressibleByArgument {}
extension SimulationSettings.Rule: ExpressibleByArgument {}
