import Glibc
package import PoDRecipes

/// What the processes of a daemon use: a process group, and what its members have started, in whatever group that is.
public struct ProcessUsage: Hashable, Sendable {
    /// How many processes.
    public let processes: Int
    /// Processor time in user and system mode since they started, with that of children they have waited for.
    public let processorTime: Duration
    /// Resident memory, in bytes. Pages that several share count for each.
    public let residentBytes: Int64

    public init(processes: Int, processorTime: Duration, residentBytes: Int64) {
        self.processes = processes
        self.processorTime = processorTime
        self.residentBytes = residentBytes
    }

    /// Looks at all processes of this machine.
    ///
    /// - Parameter group: The process group's id; one without processes has no usage.
    public init(group: Int32) {
        self.init(group: group, of: ProcessEntry.all())
    }

    package init(group: Int32, of entries: [ProcessEntry]) {
        let children = Dictionary(grouping: entries, by: \.parentID)
        var members: [Int32: ProcessEntry] = [:]
        var next = entries.filter { $0.groupID == group }
        while let entry = next.popLast() {
            guard members.updateValue(entry, forKey: entry.processID) == nil else { continue }
            next += children[entry.processID] ?? []
        }
        let ticks = members.values.reduce(0) { $0 + $1.processorTicks }
        let pages = members.values.reduce(0) { $0 + $1.residentPages }
        let ticksPerSecond = max(1, Double(sysconf(Int32(_SC_CLK_TCK))))
        self.init(
            processes: members.count, processorTime: .seconds(Double(ticks) / ticksPerSecond),
            residentBytes: pages * Int64(sysconf(Int32(_SC_PAGESIZE))))
    }
}
